"""Readers' words on a CT: what was said, and the form in which it is said."""
