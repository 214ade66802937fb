"""Staging and prognosis by published scores: pure functions, no Django. Rules and sources: docs/rules.md."""
