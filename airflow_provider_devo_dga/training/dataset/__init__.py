"""From a file to rows in parts."""
