"""What a rule leaves open, with the guideline's value as default; every verdict shows those it was made with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FvcBasis(StrEnum):
    """What a relative fall of FVC is reckoned in. The two can differ: % predicted falls slower, the patient ages."""

    PERCENT_PREDICTED = "% predicted"
    LITRES = "L"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one rule; the window is the rule's own, all others are the portal's choices.

    window_months: everything that a rule combines lies within so many calendar months, both ends included; None: no
        limit.
    tolerance_days: the window may be longer by this.
    shortest_months: two visits compared are at least so many calendar months apart.
    shortest_days: and at least so many days; a confirming visit follows the first one by as much.
    grades: qualities of a manoeuvre that count; "" is ungraded.
    fvc_basis: of criteria on relative change.
    uncorrected_dlco: True lets DLCO without haemoglobin correction decide, against DLCO without it.
    symptoms_days: an assessment speaks for a visit up to so many days after it.
    ct_days: a CT without change speaks for a visit up to so many days after it.
    ct_threshold: a name of `thresholds.PUBLISHED`, asked for besides the repeatability limit; "" for none.
    """

    window_months: int | None
    tolerance_days: int = 0
    shortest_months: int = 0
    shortest_days: int = 90
    grades: tuple[str, ...] = ("", "A", "B", "C")
    fvc_basis: FvcBasis = FvcBasis.PERCENT_PREDICTED
    uncorrected_dlco: bool = False
    symptoms_days: int = 90
    ct_days: int = 180
    ct_threshold: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"grades": list(self.grades), "fvc_basis": str(self.fvc_basis)}
