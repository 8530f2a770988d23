"""The report as files for machines: CSV, Parquet, ECS, JSON."""
