"""Sources: whose look-ups are reported, where they lie in Devo, and who is told."""
