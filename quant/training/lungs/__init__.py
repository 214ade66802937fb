"""The lung network: what it learns from, how it is trained, how it is judged."""
