"""What a model would have said of the windows that are stored, beside the one that serves."""
