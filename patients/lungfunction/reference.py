"""Lung function beside its reference population: predicted, limits of normal, z and % predicted. No Django here.

Formulas: LLN and ULN = M (1 -+ 1.645 L S)^(1/L); z = ((y/M)^L - 1) / (L S); % predicted = 100 y / M, unrounded
(Cole and Green, Stat Med 1992;11:1305-19, as the GLI papers in `equations` use it).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patients.lungfunction import curves
from patients.lungfunction.curves import Floats
from patients.lungfunction.equations import (
    DEFAULT_SETS,
    HIGHEST_RATIO_PERCENT,
    LOWEST_RATIO_PERCENT,
    SETS,
    UNITS,
    EquationSet,
    Measure,
)

if TYPE_CHECKING:
    import pandas as pd

Z_OF_LIMIT = 1.645
LOWEST_HEIGHT_CM, HIGHEST_HEIGHT_CM = 50.0, 250.0
DAYS_PER_YEAR = 365.25
# 100 * FEV1 / FVC of two equal volumes may come out above 100 by what binary fractions lose.
EPSILON = 1e-9
RATIOS = frozenset((Measure.FEV1_FVC, Measure.RV_TLC))
COLUMNS = {
    "fvc_l": Measure.FVC,
    "fev1_l": Measure.FEV1,
    "fev1_fvc_percent": Measure.FEV1_FVC,
    "mef2575_l_s": Measure.MEF2575,
    "dlco_mmol_min_kpa": Measure.DLCO,
    "dlco_hb_mmol_min_kpa": Measure.DLCO_HB,
    "kco_mmol_min_kpa_l": Measure.KCO,
    "va_l": Measure.VA,
    "tlc_l": Measure.TLC,
    "frc_l": Measure.FRC,
    "rv_l": Measure.RV,
    "rv_tlc_percent": Measure.RV_TLC,
    "vc_l": Measure.VC,
    "ic_l": Measure.IC,
    "erv_l": Measure.ERV,
}
# What stands against a reference value, in the order in which it is looked for. 0 is: nothing.
PROBLEMS = (
    "",
    "sex_unknown",
    "height_missing",
    "height_impossible",
    "age_missing",
    "age_out_of_range",
    "group_missing",
    "value_missing",
    "value_not_positive",
    "ratio_not_percent",
)
# In a table: something is written where a number belongs, and it is none.
UNREADABLE = {
    "height_missing": "height_not_a_number",
    "age_missing": "age_not_a_number",
    "group_missing": "group_not_a_number",
    "value_missing": "value_not_a_number",
}
FIELDS = {
    "sex_unknown": "sex",
    "height_missing": "height_cm",
    "height_impossible": "height_cm",
    "age_missing": "age_years",
    "age_out_of_range": "age_years",
    "group_missing": "ethnicity_gli",
    "value_missing": "value",
    "value_not_positive": "value",
    "ratio_not_percent": "value",
}


class NotComputable(ValueError):
    """Nothing can be computed; `code` is one of PROBLEMS, `field` what to correct, the text says both."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = FIELDS[code]


@dataclass(frozen=True, slots=True)
class Reference:
    """One value beside its reference, all but `z` and `percent_predicted` in the unit of the measure."""

    measure: Measure
    equation_set: EquationSet
    predicted: float
    lln: float
    uln: float
    z: float
    percent_predicted: float


@dataclass(frozen=True, slots=True)
class References:
    """Columns of equal length; where `problem` (an index into PROBLEMS) is not 0 the numbers are NaN."""

    predicted: Floats
    lln: Floats
    uln: Floats
    z: Floats
    percent_predicted: Floats
    problem: NDArray[np.uint8]


def age_in_years(birth: dt.date, day: dt.date) -> float:
    """Exact age: days / 365.25."""
    return (day - birth).days / DAYS_PER_YEAR


def reference(
    measure: str,
    value: float,
    *,
    sex: str,
    age_years: float,
    height_cm: float,
    equation_set: str | None = None,
    group: int | None = None,
) -> Reference:
    """One measured value beside its reference.

    Args:
        measure: a name of `equations.Measure`; `value` in its unit (`equations.UNITS`), > 0, ratios in %.
        sex: F or M, as the equations need it.
        age_years: exact (`age_in_years`); inside the range of the set, both ends included.
        height_cm: 50 to 250, both included.
        equation_set: None for the default set of the measure.
        group: GLI-2012 group 1 to 5; needed for that set only.

    Raises:
        NotComputable: with the field named.
        ValueError: the measure is unknown, or not covered by the set.
    """
    kind = Measure(measure)
    chosen = EquationSet(equation_set) if equation_set else DEFAULT_SETS[kind]
    found = references(kind, [value], [sex], [age_years], [height_cm], chosen, [group or np.nan])
    if problem := PROBLEMS[found.problem[0]]:
        raise NotComputable(problem, sentence(problem, kind, chosen, value=value, age=age_years, height=height_cm))
    numbers = (found.predicted, found.lln, found.uln, found.z, found.percent_predicted)
    return Reference(kind, chosen, *(float(column[0]) for column in numbers))


def references(
    measure: Measure,
    value: ArrayLike,
    sex: ArrayLike,
    age_years: ArrayLike,
    height_cm: ArrayLike,
    equation_set: EquationSet,
    group: ArrayLike | None = None,
) -> References:
    """Columns of values beside their reference; arguments as in `reference`, NaN or None where unknown.

    Raises:
        ValueError: the set does not cover the measure.
    """
    if measure not in SETS[equation_set].covers:
        raise ValueError(f"{SETS[equation_set].name} has no {measure}")
    y, age, height = (np.asarray(column, dtype=np.float64) for column in (value, age_years, height_cm))
    sexes = np.asarray(sex, dtype=object)
    groups = np.full_like(y, np.nan) if group is None else np.asarray(group, dtype=np.float64)
    problem = _problems(measure, equation_set, y, sexes, age, height, groups)
    l, m, s = (np.full_like(y, np.nan) for _ in range(3))  # noqa: E741
    for letter in curves.SEXES:
        rows = (sexes == letter) & (problem == 0)
        l[rows], m[rows], s[rows] = curves.lms(equation_set, measure, letter, age[rows], height[rows], groups[rows])
    good_y = np.where(problem == 0, y, np.nan)
    return References(
        predicted=m,
        lln=_limit(-Z_OF_LIMIT, l, m, s),
        uln=_limit(Z_OF_LIMIT, l, m, s),
        z=((good_y / m) ** l - 1) / (l * s),
        percent_predicted=100 * good_y / m,
        problem=problem,
    )


def reference_frame(frame: pd.DataFrame, sets: Mapping[Measure, EquationSet] | None = None) -> pd.DataFrame:
    """A whole table of sessions beside its references.

    Args:
        frame: one row a session, with `sex` (F, M), `age_years`, `height_cm`, optionally `ethnicity_gli`, and any
            of the columns of COLUMNS, each in the unit that its name says; NaN where nothing was measured. Text that
            is no number spoils its own row only.
        sets: the equation set of each measure; default DEFAULT_SETS.

    Returns:
        Rows as in `frame`; columns (measure, quantity) with the quantities predicted, lln, uln, z,
        percent_predicted, equation_set, and problem: "" where there is none, one of PROBLEMS, or one of UNREADABLE.
    """
    import pandas as pd

    chosen = {**DEFAULT_SETS, **(sets or {})}
    group = _floats(frame["ethnicity_gli"]) if "ethnicity_gli" in frame else None
    sexes = frame["sex"].to_numpy(dtype=object, na_value="")
    people = (sexes, _floats(frame["age_years"]), _floats(frame["height_cm"]))
    columns: dict[tuple[str, str], Any] = {}
    for column, measure in COLUMNS.items():
        if column not in frame:
            continue
        found = references(measure, _floats(frame[column]), *people, chosen[measure], group)
        for quantity in ("predicted", "lln", "uln", "z", "percent_predicted"):
            columns[measure, quantity] = getattr(found, quantity)
        columns[measure, "equation_set"] = str(chosen[measure])
        columns[measure, "problem"] = _named(found.problem, frame, column)
    return pd.DataFrame(columns, index=frame.index)


def sentence(code: str, measure: Measure, equation_set: EquationSet, *, value: Any, age: Any, height: Any) -> str:
    """What stands against a reference value, with the value and the way out."""
    low, high = SETS[equation_set].covers[measure].ages
    name = SETS[equation_set].name
    return {
        "sex_unknown": "sex: not known; the reference equations need F or M",
        "height_missing": "height_cm: not recorded for this session",
        "height_impossible": f"height_cm: {height} is impossible ({LOWEST_HEIGHT_CM:g} to {HIGHEST_HEIGHT_CM:g} cm);"
        " is it in metres or inches?",
        "age_missing": "age_years: not known; the birth date is missing",
        "age_out_of_range": f"age_years: {age} lies outside {low:g} to {high:g} years, for which {name} has {measure}",
        "group_missing": f"ethnicity_gli: {name} needs the GLI group 1 to 5",
        "value_missing": f"value: {measure} was not measured",
        "value_not_positive": f"value: {measure} {value} {UNITS[measure]} is not above 0",
        "ratio_not_percent": f"value: {measure} {value} is not a percentage ({LOWEST_RATIO_PERCENT:g} to"
        f" {HIGHEST_RATIO_PERCENT:g} %); is it a fraction?",
    }[code]


def _problems(
    measure: Measure,
    equation_set: EquationSet,
    value: Floats,
    sex: NDArray[Any],
    age: Floats,
    height: Floats,
    group: Floats,
) -> NDArray[np.uint8]:
    """For each row the first of PROBLEMS that holds, by its index."""
    lowest, highest = SETS[equation_set].covers[measure].ages
    is_ratio = measure in RATIOS
    holds = {
        "sex_unknown": (sex != "F") & (sex != "M"),
        "height_missing": np.isnan(height),
        "height_impossible": (height < LOWEST_HEIGHT_CM) | (height > HIGHEST_HEIGHT_CM),
        "age_missing": np.isnan(age),
        "age_out_of_range": (age < lowest) | (age > highest),
        "group_missing": ~np.isin(group, (1, 2, 3, 4, 5)) & SETS[equation_set].needs_group,
        "value_missing": np.isnan(value),
        "value_not_positive": (value <= 0) | np.isinf(value),
        "ratio_not_percent": ((value < LOWEST_RATIO_PERCENT) | (value > HIGHEST_RATIO_PERCENT + EPSILON)) & is_ratio,
    }
    problem = np.zeros(value.shape, dtype=np.uint8)
    for code in reversed(PROBLEMS[1:]):
        problem[holds[code].astype(bool)] = PROBLEMS.index(code)
    return problem


def _limit(z: float, l: Floats, m: Floats, s: Floats) -> Floats:  # noqa: E741
    return m * (1 + z * l * s) ** (1 / l)


def _floats(column: pd.Series[Any]) -> Floats:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _named(problem: NDArray[np.uint8], frame: pd.DataFrame, value: str) -> NDArray[Any]:
    """The names of problems; of what is missing as a number, though something is written there, that of UNREADABLE."""
    names = np.array(PROBLEMS, dtype=object)[problem]
    for code, unreadable in UNREADABLE.items():
        missing = problem == PROBLEMS.index(code)
        column = value if FIELDS[code] == "value" else FIELDS[code]
        if missing.any() and column in frame:
            text = np.isnan(_floats(frame[column])) & frame[column].notna().to_numpy()
            names[missing & text] = unreadable
    return names
