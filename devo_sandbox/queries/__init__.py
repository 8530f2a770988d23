"""Queries under way: answers in every format, and background jobs."""
