"""Links from a task to where its work can be seen."""
