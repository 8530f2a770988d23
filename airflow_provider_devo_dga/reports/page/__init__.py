"""The report as a page: words, charts, HTML."""
