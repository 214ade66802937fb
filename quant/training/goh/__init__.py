"""Training of the networks of the five-level scoring."""
