"""What tasks share: who they are, how they are stopped, what they tell."""
