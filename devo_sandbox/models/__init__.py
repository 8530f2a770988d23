"""Models that Devo's ML Model Manager keeps and scores."""
