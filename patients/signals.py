"""What patients tells the rooms above it, which it does not know."""

from django.dispatch import Signal

# Sent inside the storing transaction with `series` (a CTSeries): the chosen series of a study is stored, or has changed.
series_ready = Signal()
