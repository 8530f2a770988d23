"""What the sandbox claims about speed and memory, each measured against a plain way to do the same."""
