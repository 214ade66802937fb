"""Facts about people: who they are, what was measured, what happened."""
