"""The demo: data of our own making, and the run that shows it."""
