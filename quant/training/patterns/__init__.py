"""Training of the pattern network on patterns drawn into lungs without disease."""
