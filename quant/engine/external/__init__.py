"""Engines of others: whatever draws lungs, lobes or patterns can take that part over; the rest is measured here."""
