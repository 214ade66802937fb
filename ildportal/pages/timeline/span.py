"""The one time axis of a patient: from the first measurement to today, or to the end of the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

YEAR = timedelta(days=365.25)
# Treatments and events of longer ago than this before the first measurement are in their tables only.
BEFORE = YEAR
# A record that ended longer ago than this is not drawn out to today.
SILENT = timedelta(days=550)
ROOM = 0.045


@dataclass(frozen=True, slots=True)
class Span:
    """`ends` is the last day on which something ongoing is known to go on: today, death, or the last entry.

    `ahead`: the day of a forecast, to which the axis reaches beyond that.
    """

    starts: date
    ends: date
    ahead: date | None = None

    def ranges(self) -> dict[str, tuple[str, str]]:
        """First and last day of the axis by choice, with room at both sides."""
        whole = max(self.ends - self.starts, timedelta(days=180))
        starts = {"all": self.ends - whole, "5": self.ends - 5 * YEAR, "2": self.ends - 2 * YEAR}
        return {name: self._padded(start) for name, start in starts.items()}

    def _padded(self, start: date) -> tuple[str, str]:
        last = max(self.ends, self.ahead or self.ends)
        room = (last - start) * ROOM
        return (start - room).isoformat(), (last + room).isoformat()


def of(
    measured: Sequence[date], others: Sequence[date], today: date, died: date | None, ahead: date | None = None
) -> Span | None:
    """None when nothing is dated. `ahead`: the day of a forecast."""
    dates = [*measured, *others]
    if not dates:
        return None
    first = min(measured, default=min(dates))
    starts = min(day for day in dates if day >= first - BEFORE)
    last = max(day for day in dates if day <= today) if min(dates) <= today else today
    ends = died or (today if today - last <= SILENT else last)
    return Span(starts, max(ends, starts), ahead)
