"""The table of lung-function sessions: each value beside its reference, each session with what was found about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ildportal.pages import changes
from ildportal.pages.numbers import decimals
from ildportal.pages.readings import Function
from patients.models import DerivedValue, PFTFinding, PulmonaryFunctionTest
from patients.models.function import Measure
from patients.selectors import flagged_grade

NONE = "Not in this session"
# Field, column, unit, decimals, measure whose reference stands beside it.
COLUMNS = (
    ("fvc_l", "FVC", "L", 2, Measure.FVC),
    ("fev1_l", "FEV1", "L", 2, Measure.FEV1),
    ("fev1_fvc_percent", "FEV1/FVC", "%", 1, Measure.FEV1_FVC),
    ("dlco_mmol_min_kpa", "DLCO", "mmol/min/kPa", 2, Measure.DLCO),
    ("kco_mmol_min_kpa_l", "KCO", "mmol/min/kPa/L", 2, Measure.KCO),
    ("va_l", "VA", "L", 2, Measure.VA),
    ("tlc_l", "TLC", "L", 2, Measure.TLC),
    ("rv_l", "RV", "L", 2, Measure.RV),
    ("haemoglobin_g_dl", "Hb", "g/dL", 1, None),
)
RATIOS = (Measure.FEV1_FVC, Measure.RV_TLC)
# High values of these are disease too: air that is not breathed out.
HIGH_COUNTS = (Measure.TLC, Measure.RV)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as printed, `mark` behind it; `beside` in % predicted and z; `limit` says on which side of normal."""

    column: str
    text: str = ""
    why: str = ""
    mark: str = ""
    beside: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    session: PulmonaryFunctionTest
    cells: tuple[Cell, ...]
    findings: tuple[PFTFinding, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """Newest first; `open` findings wait for a person."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    open: int

    @property
    def width(self) -> int:
        """Columns with the date and the grades."""
        return len(self.columns) + 2


def panel(sessions: Sequence[PulmonaryFunctionTest], function: Function, findings: Iterable[PFTFinding]) -> Panel:
    """`sessions` and `selectors.findings_of` one patient. Makes no query."""
    found: dict[int, list[PFTFinding]] = defaultdict(list)
    for one in findings:
        found[one.pft_id].append(one)
    return Panel(
        columns=tuple((name, unit) for _, name, unit, _, _ in COLUMNS),
        rows=tuple(
            Row(one, tuple(_cells(one, function, found[one.pk])), tuple(found[one.pk])) for one in reversed(sessions)
        ),
        open=sum(one.waiting for of_session in found.values() for one in of_session),
    )


def _cells(session: PulmonaryFunctionTest, function: Function, found: Iterable[PFTFinding]) -> Iterator[Cell]:
    held = {one.field for one in found if one.blocks and one.open}
    for field, name, unit, digits, measure in COLUMNS:
        value = _ratio(session) if measure == Measure.FEV1_FVC else getattr(session, field)
        column = f"{name}, {unit}"
        if value is None:
            yield Cell(column, why=_why(session, field))
            continue
        known = function.known.get(session.pk, {})
        # One basis for the whole course, as on the chart.
        reference = known.get(function.gas if measure == Measure.DLCO else measure) if measure else None
        yield Cell(
            column,
            decimals(value, digits),
            mark=_mark(session, field),
            beside=_beside(reference) if reference else "",
            limit="left out of all numbers" if field in held else _limit(reference) if reference else "",
        )


def _ratio(session: PulmonaryFunctionTest) -> float | None:
    """From the volumes where both are there."""
    if session.fvc_l and session.fev1_l:
        return float(100 * session.fev1_l / session.fvc_l)
    return None if session.fev1_fvc_percent is None else float(session.fev1_fvc_percent)


def _why(session: PulmonaryFunctionTest, field: str) -> str:
    if field == "dlco_mmol_min_kpa" and session.dlco_not_done_reason:
        return str(session.get_dlco_not_done_reason_display()).capitalize()
    return NONE


def _mark(session: PulmonaryFunctionTest, field: str) -> str:
    grade = {"fvc_l": session.quality_fvc, "dlco_mmol_min_kpa": session.quality_dlco}.get(field, "")
    return changes.QUALITY_MARK if flagged_grade(grade) else ""


def _beside(reference: DerivedValue) -> str:
    z = f"z {decimals(reference.z, 2)}"
    return z if reference.measure in RATIOS else f"{decimals(reference.percent_predicted, 1)} %, {z}"


def _limit(reference: DerivedValue) -> str:
    """In words; compared unrounded."""
    value = reference.percent_predicted * reference.predicted / 100
    if value < reference.lln:
        return "below LLN"
    return "above ULN" if reference.measure in HIGH_COUNTS and value > reference.uln else ""
