"""Published progression rules over a patient's whole history: pure functions, no Django. See docs/rules.md."""
