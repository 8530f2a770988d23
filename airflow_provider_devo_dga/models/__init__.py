"""What a trained model is: its store, its summary, what its columns mean, its card."""
