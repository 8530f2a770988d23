"""The query language: from text to SQL of DuckDB."""
