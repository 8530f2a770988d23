"""Tasks that belong together, for Dags of one's own."""
