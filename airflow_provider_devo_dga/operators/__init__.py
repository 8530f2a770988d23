"""Operators: train, register, query, report."""
