"""Sensors: wait for Devo."""
