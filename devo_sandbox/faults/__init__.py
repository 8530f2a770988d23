"""What can go wrong on the way, on demand."""
