"""Median, coefficient of variation and skewness (M, S, L) of a reference population. No Django here.

The coefficients and quarter-year splines are those that pyspiro ships as files; its classes take a second to
import and one row at a time, so the files are read here and evaluated for whole columns.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patients.lungfunction.equations import SETS, EquationSet, Measure

Floats = NDArray[np.float64]
SEXES = {"F": "females", "M": "males"}
QUARTER_YEAR = 0.25
# GLI-2012: terms of M (a3..a6) and S (p2..p5) of groups 2 to 5; group 1 is the base.
GROUP_TERMS = {2: ("a3", "p2"), 3: ("a4", "p3"), 4: ("a5", "p4"), 5: ("a6", "p5")}
# GLI-2021, table 3: which indices enter with their age and height as such, not as logarithms.
PLAIN_AGE_IN_M = frozenset(("RV", "RV_TLC", "VC", "IC", "ERV"))
PLAIN_HEIGHT_IN_M = frozenset(("RV", "RV_TLC"))
LOG_AGE_IN_S = frozenset(("FRC",))


@dataclass(frozen=True, slots=True)
class Curve:
    """Coefficients and splines of one measure and sex."""

    coefficients: dict[str, float]
    ages: Floats
    l: Floats  # noqa: E741 (the letters of the LMS method)
    m: Floats
    s: Floats

    def splines(self, age: Floats) -> tuple[Floats, Floats, Floats]:
        """(L, M, S) splines, straight between the rows of the table; `age` within it."""
        position = (age - self.ages[0]) / QUARTER_YEAR
        row = np.minimum(position.astype(np.intp), len(self.ages) - 2)
        weight = position - row
        l, m, s = (knots[row] + weight * (knots[row + 1] - knots[row]) for knots in (self.l, self.m, self.s))  # noqa: E741
        return l, m, s


@cache
def curve(equation_set: EquationSet, name: str, sex: str) -> Curve:
    """The curve called `name` in the files of a set, for sex F or M."""
    table, prefix = SETS[equation_set].table, f"{name}_{SEXES[sex]}"
    coefficients = {row["var"]: float(row[prefix] or 0) for row in _rows(f"{table}_coefficients.csv")}
    knots = [row for row in _rows(f"{table}_splines.csv") if row[f"{prefix}_Mspline"]]

    def column(heading: str) -> Floats:
        # An empty cell beside a median: that index has no such spline.
        return np.array([float(row[heading] or 0) for row in knots])

    ages = column("age")
    if not np.array_equal(np.diff(ages), np.full(len(ages) - 1, QUARTER_YEAR)):
        raise ValueError(f"{table}: the rows of {prefix} are not a quarter of a year apart")
    return Curve(coefficients, ages, *(column(f"{prefix}_{letter}spline") for letter in "LMS"))


def lms(
    equation_set: EquationSet, measure: Measure, sex: str, age: Floats, height: Floats, group: Floats
) -> tuple[Floats, Floats, Floats]:
    """(L, M, S) for people of one sex; age in years within the tables, height in cm, M in the unit of the measure.

    Splines are interpolated linearly between quarter years, the other terms take the exact age (Quanjer 2012,
    supplement 4). `group` is read by GLI-2012 only.
    """
    covered = SETS[equation_set].covers[measure]
    of = curve(equation_set, covered.curve, sex)
    c = of.coefficients
    spline_l, spline_m, spline_s = of.splines(age)
    log_age, log_height = np.log(age), np.log(height)
    if equation_set == EquationSet.GLI_2021:
        m = c["a0"] + c["a1"] * (age if covered.curve in PLAIN_AGE_IN_M else log_age) + spline_m
        m = m + c["a2"] * (height if covered.curve in PLAIN_HEIGHT_IN_M else log_height)
        s = c["p0"] + c["p1"] * (log_age if covered.curve in LOG_AGE_IN_S else age) + spline_s
        return np.full_like(age, c["q0"]), np.exp(m), np.exp(s)
    m = c["a0"] + c["a1"] * log_height + c["a2"] * log_age + spline_m
    s = c["p0"] + c["p1"] * log_age + spline_s
    if SETS[equation_set].needs_group:
        for number, (in_m, in_s) in GROUP_TERMS.items():
            m, s = m + c[in_m] * (group == number), s + c[in_s] * (group == number)
    l = c["q0"] + c.get("q1", 0.0) * log_age + spline_l  # noqa: E741
    return l, np.exp(m) * covered.scale, np.exp(s)


def _rows(name: str) -> Iterator[dict[str, str]]:
    # Found, not imported: importing pyspiro brings pandas and a second with it.
    spec = importlib.util.find_spec("pyspiro")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("pyspiro is not installed: it holds the reference tables")
    with Path(spec.submodule_search_locations[0], "data", name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=";")
