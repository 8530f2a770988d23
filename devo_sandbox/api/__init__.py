"""The sandbox's routes."""
