"""Published thresholds for change of fibrosis on CT, to be chosen by name; see CAUTION."""

from __future__ import annotations

from dataclasses import dataclass

from patients.progression.logic import exceeds, reaches

CAUTION = "not validated for systemic sclerosis nor with this engine"


@dataclass(frozen=True, slots=True)
class Threshold:
    """`points`: absolute rise in % of lung volume; `relative`: rise in % of the earlier value; one of them is None.

    `strict`: the value itself does not count.
    """

    name: str
    points: float | None
    relative: float | None
    strict: bool
    source: str

    def crossed(self, before: float, after: float) -> bool:
        """Both in % of lung volume. A relative rise from nothing is crossed by any rise."""
        if self.points is not None:
            rise, limit = after - before, self.points
        else:
            rise, limit = 100 * (after - before), (self.relative or 0) * before
        test = exceeds if self.strict or before <= 0 else reaches
        return bool(test(rise, limit))


PUBLISHED = {
    one.name: one
    for one in (
        Threshold(
            "dta-mcid-low", 3.4, None, False, "DTA fibrosis score, IPF: smallest difference that matters, low end"
        ),
        Threshold(
            "dta-mcid-high", 6.4, None, False, "DTA fibrosis score, IPF: smallest difference that matters, high end"
        ),
        Threshold("visual-7", 7.0, None, True, "visual fibrosis score, IPF"),
        Threshold("caliper-20", None, 20.0, False, "CALIPER total fibrosis, IPF; there beside an FVC fall >= 10 %"),
    )
}
