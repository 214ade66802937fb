"""What patients tells the rooms above it, which it does not know."""

from django.dispatch import Signal

# Sent inside the storing transaction with `series` (a CTSeries): the chosen series of a study is stored, or changed.
# A crash can then not part the slices from what listens.
series_ready = Signal()
