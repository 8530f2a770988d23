"""What the provider and its sandbox claim about speed and memory, each against a plain way to do the same."""
