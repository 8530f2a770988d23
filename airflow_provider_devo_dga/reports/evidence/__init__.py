"""Numbers of a report: which clients stand out, and how sure that is."""
