"""Everything that one test session says beside its reference populations. No Django here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from patients.lungfunction import haemoglobin
from patients.lungfunction.equations import SETS, EquationSet, Measure
from patients.lungfunction.reference import PROBLEMS, Reference, references, sentence

_PLAIN = {
    "fvc_l": Measure.FVC,
    "fev1_l": Measure.FEV1,
    "fev1_fvc_percent": Measure.FEV1_FVC,
    "mef2575_l_s": Measure.MEF2575,
    "dlco_mmol_min_kpa": Measure.DLCO,
    "kco_mmol_min_kpa_l": Measure.KCO,
    "va_l": Measure.VA,
    "tlc_l": Measure.TLC,
    "rv_l": Measure.RV,
    "frc_l": Measure.FRC,
}
Withheld = tuple[str, str]
HAEMOGLOBIN_WITHIN_DAYS = 30
NO_HAEMOGLOBIN = (
    "haemoglobin_missing",
    "haemoglobin_g_dl: none within 30 days of the session; DLCO stays uncorrected",
)
# The fields of a session that its reference values are computed from.
FACTS = (*_PLAIN, "haemoglobin_g_dl")


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the equations need it: `values` in the units of `equations.UNITS`, what is unknown is None.

    `sets` names the equation set of each measure; measures in `withheld` are not computed, by code and reason.
    """

    sex: str
    age_years: float | None
    height_cm: float | None
    group: int | None
    values: Mapping[Measure, float]
    sets: Mapping[Measure, EquationSet]
    withheld: Mapping[Measure, Withheld] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value that was measured has no reference value: a code, the field to correct, a sentence."""

    measure: Measure
    equation_set: EquationSet
    code: str
    reason: str


@dataclass(slots=True)
class Derived:
    values: list[Reference] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def measured(
    facts: Mapping[str, float | None], *, sex: str, age_years: float | None
) -> tuple[dict[Measure, float], dict[Measure, Withheld]]:
    """(values by measure, what is withheld) of a session whose `facts` have the field names of the database.

    FEV1/FVC and RV/TLC follow from their volumes where both are there. DLCO-Hb is there when DLCO, a haemoglobin
    (`haemoglobin_near`), sex and age are; else DLCO stays uncorrected and that is said.
    """
    values = {measure: value for name, measure in _PLAIN.items() if (value := facts.get(name)) is not None}
    if Measure.FVC in values and Measure.FEV1 in values:
        values[Measure.FEV1_FVC] = 100 * values[Measure.FEV1] / values[Measure.FVC]
    if Measure.RV in values and Measure.TLC in values:
        values[Measure.RV_TLC] = 100 * values[Measure.RV] / values[Measure.TLC]
    hb, dlco = facts.get("haemoglobin_g_dl"), values.get(Measure.DLCO)
    if dlco is None:
        return values, {}
    if hb is None or hb > haemoglobin.HIGHEST_G_DL:
        return values, {Measure.DLCO_HB: NO_HAEMOGLOBIN}
    if sex and age_years is not None:
        values[Measure.DLCO_HB] = haemoglobin.corrected_dlco(dlco, hb, sex=sex, age_years=age_years)
    return values, {}


def haemoglobin_near(date: dt.date, known: Iterable[tuple[dt.date, float]]) -> float | None:
    """The haemoglobin taken nearest to `date`, if within 30 days of it; of two as near the earlier one."""
    near = [(abs((day - date).days), day, value) for day, value in known]
    nearest = min(near, default=None)
    return nearest[2] if nearest and nearest[0] <= HAEMOGLOBIN_WITHIN_DAYS else None


def resting_on(field: str) -> tuple[Measure, ...]:
    """The measures that a field of the database goes into."""
    ratios = {
        "fvc_l": (Measure.FEV1_FVC,),
        "fev1_l": (Measure.FEV1_FVC,),
        "rv_l": (Measure.RV_TLC,),
        "tlc_l": (Measure.RV_TLC,),
        "dlco_mmol_min_kpa": (Measure.DLCO_HB,),
        "haemoglobin_g_dl": (Measure.DLCO_HB,),
    }
    return (*((_PLAIN[field],) if field in _PLAIN else ()), *ratios.get(field, ()))


def derive(sessions: Sequence[Session]) -> list[Derived]:
    """The reference values of many sessions at once, and why others have none; as many results as sessions."""
    results = [Derived() for _ in sessions]
    for measure, equation_set, rows in _batches(sessions):
        found = references(
            measure,
            [sessions[row].values[measure] for row in rows],
            [sessions[row].sex for row in rows],
            _column([sessions[row].age_years for row in rows]),
            _column([sessions[row].height_cm for row in rows]),
            equation_set,
            _column([sessions[row].group for row in rows]),
        )
        numbers = np.stack((found.predicted, found.lln, found.uln, found.z, found.percent_predicted), axis=1)
        for place, row in enumerate(rows):
            problem = PROBLEMS[found.problem[place]]
            if problem:
                results[row].refusals.append(_refusal(problem, measure, equation_set, sessions[row]))
            else:
                results[row].values.append(Reference(measure, equation_set, *numbers[place].tolist()))
    for session, result in zip(sessions, results, strict=True):
        result.refusals += [Refusal(m, session.sets[m], *why) for m, why in session.withheld.items()]
    return results


def _batches(sessions: Sequence[Session]) -> Iterator[tuple[Measure, EquationSet, list[int]]]:
    """The rows of `sessions` that go through the same equations together."""
    for measure in Measure:
        rows = [n for n, one in enumerate(sessions) if measure in one.values and measure not in one.withheld]
        for equation_set in SETS:
            alike = [row for row in rows if sessions[row].sets[measure] == equation_set]
            if alike:
                yield measure, equation_set, alike


def _column(numbers: Sequence[float | None]) -> list[float]:
    return [np.nan if number is None else float(number) for number in numbers]


def _refusal(code: str, measure: Measure, equation_set: EquationSet, of: Session) -> Refusal:
    age = None if of.age_years is None else round(of.age_years, 2)
    said = sentence(code, measure, equation_set, value=of.values[measure], age=age, height=of.height_cm)
    return Refusal(measure, equation_set, code, said)
