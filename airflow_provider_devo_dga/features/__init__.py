"""Features of a host: one specification, three backends (plain Python, H2O frame, LINQ), and words."""
