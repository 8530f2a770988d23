"""The operations of LINQ, a file for each kind."""
