"""The strip of key numbers: the latest value, its date, and the change since baseline and since last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ildportal.pages import changes
from ildportal.pages.changes import Change
from ildportal.pages.goh import Extent
from ildportal.pages.numbers import decimals
from ildportal.pages.readings import Function, Reading, percents, values, why_no_dlco
from quant.models import Quantification
from quant.repeatability import NONE_KNOWN, Limits

VOLUME, SEVERITY = "volume_ml", "severity_total"
# Column, label, colour, decimals, unit, unit of a change.
CT_KEYS = (
    (VOLUME, "Total lung volume", "", 0, "mL", "mL"),
    ("lesion_percent", "Lesion % (TLV%)", "lesion", 1, "%", "points"),
    ("ground_glass_percent", "GGO", "ggo", 1, "%", "points"),
    ("consolidation_percent", "Consolidation", "con", 1, "%", "points"),
    ("fibrosis_percent", "Fibrosis %", "ret", 1, "%", "points"),
    (SEVERITY, "Severity", "", 0, "/ 25", ""),
)
NO_LOBE = "Not given: at least one lobe could not be measured"
NO_OTHER = "No earlier session has % predicted on this basis"


@dataclass(frozen=True, slots=True)
class Key:
    """One number of the strip; `why` says what a missing value lacks, `no_change` what a change lacks.

    `beside` is said under the value, part by part; `lacking` is what should stand there and does not.
    """

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
    beside: tuple[str, ...] = ()
    lacking: str = ""
    simulated: bool = False
    up_is_worse: bool = False


def ct_keys(history: Sequence[Quantification], extents: Mapping[int, Extent], limits: Limits = NONE_KNOWN) -> list[Key]:
    """Of the latest measured CT; `history` oldest first. Goh extent only where a CT has Goh scores (`extents`)."""
    found = [_ct_key(history, limits, *key) for key in CT_KEYS]
    return [*found, _goh_key(history, extents, limits)] if extents else found


def pft_keys(function: Function) -> list[Key]:
    """FVC and DLCO of the latest session, before bronchodilator, that has them: in % predicted where possible."""
    none = "Not in any lung function session" if function.sessions else "No lung function session on record"
    missing_dlco = why_no_dlco(function.sessions[-1]) if function.sessions else none
    return [
        _pft_key("FVC", function.fvc, "L", "L", none),
        _pft_key("DLCO", function.dlco, "mmol/min/kPa", "", missing_dlco),
    ]


def missing(one: Quantification, field: str) -> str:
    """Why a quantification has no value in a column."""
    if field.startswith("severity"):
        return NO_LOBE
    return f"Not measured by {one.engine} {one.engine_version}"


def bounds(one: Quantification, field: str) -> str:
    """The limits of a pattern's percent, with a dash between; empty where there are none."""
    pattern = field.removesuffix("_percent")
    low, high = getattr(one, f"{pattern}_low", None), getattr(one, f"{pattern}_high", None)
    return f"{decimals(low, 1)}\u2013{decimals(high, 1)}" if low is not None and high is not None else ""


def confidence(one: Quantification) -> str:
    """In the lobes, and so in severity: it is never shown without."""
    sure = "not given" if one.lobe_confidence is None else decimals(one.lobe_confidence, 2)
    return f"confidence {sure}"


def _ct_key(
    history: Sequence[Quantification],
    limits: Limits,
    field: str,
    label: str,
    colour: str,
    digits: int,
    unit: str,
    change_unit: str,
) -> Key:
    now = history[-1] if history else None
    value = getattr(now, field) if now else None
    points = changes.ct_points(history, field, limits) if value is not None else []
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
        note="est." if field == SEVERITY and now and now.severity_estimated else "",
        beside=_ct_beside(now, field) if now else (),
        simulated=bool(now and now.is_simulated),
        up_is_worse=field != VOLUME,
    )


def _ct_beside(now: Quantification, field: str) -> tuple[str, ...]:
    """How sure the number is."""
    if field == SEVERITY:
        return (confidence(now),)
    found = bounds(now, field)
    return (f"between {found}",) if found else ()


def _goh_key(history: Sequence[Quantification], extents: Mapping[int, Extent], limits: Limits) -> Key:
    now = history[-1]
    latest = extents.get(now.pk)
    points = changes.goh_points(history, extents, limits) if latest and latest.mean is not None else []
    return Key(
        label="Goh extent (TOT)",
        colour="goh",
        value=latest.mean if latest else None,
        digits=1,
        unit="%",
        change_unit="points",
        why="The latest CT has no Goh scores of all five levels",
        day=now.series.study.date,
        baseline=changes.since_baseline(points),
        last=changes.since_last(points),
        no_change="Only one CT has this number" if points else "No value to compare",
        beside=("mean of five levels",),
        simulated=now.is_simulated,
        up_is_worse=True,
    )


def _pft_key(label: str, readings: Sequence[Reading], unit: str, change_unit: str, why: str) -> Key:
    counted = [one for one in readings if not one.held]
    now = counted[-1] if counted else None
    in_percent = now is not None and now.reference is not None
    points = percents(counted) if in_percent else values(counted)
    return Key(
        label=label,
        colour=label.lower(),
        value=points[-1].value if points else None,
        digits=1 if in_percent else 2,
        unit="%" if in_percent else unit,
        change_unit="points" if in_percent else change_unit,
        why=why if now or not readings else readings[-1].why,
        day=now.session.date if now else None,
        baseline=changes.since_baseline(points),
        last=changes.since_last(points),
        no_change=_no_change(counted),
        note=changes.QUALITY_MARK if now and now.flagged else "",
        beside=_beside(now, unit),
        lacking=now.why if now else "",
    )


def _no_change(readings: Sequence[Reading]) -> str:
    if not readings:
        return "No value to compare"
    return "Only one session has this number" if len(readings) == 1 else NO_OTHER


def _beside(now: Reading | None, unit: str) -> tuple[str, ...]:
    """Measured value and z-score, under the % predicted."""
    if now is None or now.reference is None:
        return ()
    return f"{decimals(now.value, 2)} {unit}", f"z {decimals(now.reference.z, 2)}"
