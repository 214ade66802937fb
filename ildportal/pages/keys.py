"""The strip of key numbers: the latest value, its date, and the change since baseline and since last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ildportal.pages import changes
from ildportal.pages.changes import Change, Point
from patients.models import PulmonaryFunctionTest
from patients.selectors import flagged_grade, is_before_bronchodilator
from quant.models import Quantification

# Column, label, colour, decimals, unit, unit of a change.
CT_KEYS = (
    ("volume_ml", "Total lung volume", "", 0, "mL", "mL"),
    ("lesion_percent", "Lesion % (TLV%)", "lesion", 1, "%", "points"),
    ("ground_glass_percent", "GGO (ground glass)", "ggo", 1, "%", "points"),
    ("consolidation_percent", "Consolidation", "con", 1, "%", "points"),
    ("reticulation_percent", "Reticulation", "ret", 1, "%", "points"),
    ("severity_total", "Severity", "", 0, "/ 25", ""),
)
NO_LOBE = "Not given: at least one lobe could not be measured"


@dataclass(frozen=True, slots=True)
class Key:
    """One number of the strip; `why` says what a missing value lacks, `no_change` what a change lacks."""

    label: str
    colour: str
    value: float | Decimal | None
    digits: int
    unit: str
    change_unit: str
    why: str
    day: date | None
    baseline: Change | None
    last: Change | None
    no_change: str
    note: str = ""


def ct_keys(history: Sequence[Quantification]) -> list[Key]:
    """Of the latest measured CT; `history` oldest first."""
    return [_ct_key(history, *key) for key in CT_KEYS]


def pft_keys(sessions: Sequence[PulmonaryFunctionTest]) -> list[Key]:
    """FVC and DLCO of the latest session, before bronchodilator, that has them; `sessions` oldest first."""
    usable = [one for one in sessions if is_before_bronchodilator(one)]
    fvc = [Point(s.date, s.fvc_l, "", flagged_grade(s.quality_fvc)) for s in usable if s.fvc_l is not None]
    dlco = [
        Point(s.date, s.dlco_mmol_min_kpa, "", flagged_grade(s.quality_dlco))
        for s in usable
        if s.dlco_mmol_min_kpa is not None
    ]
    return [
        _pft_key("FVC", "fvc", fvc, "L", "L", _why(usable)),
        _pft_key("DLCO", "dlco", dlco, "mmol/min/kPa", "", _why_no_dlco(usable)),
    ]


def missing(one: Quantification, field: str) -> str:
    """Why a quantification has no value in a column."""
    if field.startswith("severity"):
        return NO_LOBE
    return f"Not measured by {one.engine} {one.engine_version}"


def _ct_key(
    history: Sequence[Quantification], field: str, label: str, colour: str, digits: int, unit: str, change_unit: str
) -> Key:
    now = history[-1] if history else None
    value = getattr(now, field) if now else None
    points = changes.ct_points(history, field) if value is not None else []
    return Key(
        label=label,
        colour=colour,
        value=value,
        digits=digits,
        unit=unit,
        change_unit=change_unit,
        why=missing(now, field) if now else "No CT with a date has been measured yet",
        day=now.series.study.date if now else None,
        baseline=changes.since_baseline(points),
        last=changes.since_last(points),
        no_change="Only one CT has this number" if value is not None else "No value to compare",
        note="est." if field == "severity_total" and now and now.severity_estimated else "",
    )


def _pft_key(label: str, colour: str, points: Sequence[Point], unit: str, change_unit: str, why: str) -> Key:
    now = points[-1] if points else None
    return Key(
        label=label,
        colour=colour,
        value=now.value if now else None,
        digits=2,
        unit=unit,
        change_unit=change_unit,
        why=why,
        day=now.date if now else None,
        baseline=changes.since_baseline(points),
        last=changes.since_last(points),
        no_change="Only one session has this number" if now else "No value to compare",
        note=changes.QUALITY_MARK if now and now.flagged else "",
    )


def _why(usable: Sequence[PulmonaryFunctionTest]) -> str:
    return "Not in any lung function session" if usable else "No lung function session on record"


def _why_no_dlco(usable: Sequence[PulmonaryFunctionTest]) -> str:
    reason = usable[-1].get_dlco_not_done_reason_display() if usable and usable[-1].dlco_not_done_reason else ""
    return f"DLCO not done: {reason}" if reason else _why(usable)
