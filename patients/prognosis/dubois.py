"""du Bois: risk of death within a year in IPF (du Bois et al., Am J Respir Crit Care Med 2011;184:459-66)."""

from __future__ import annotations

from dataclasses import replace

from patients.prognosis.score import Score, above, answer, below, number, total

SOURCE = "du Bois et al., Am J Respir Crit Care Med 2011;184:459-66"
HORIZON = "1-year mortality"
# Highest sum of each band. Of all sums that points can make only UNPRINTED falls between two bands of the table.
BANDS = (
    (4, "<2"),
    (14, "2-5"),
    (21, "5-10"),
    (29, "10-20"),
    (33, "20-30"),
    (37, "30-40"),
    (40, "40-50"),
    (43, "50-60"),
    (45, "60-70"),
    (49, "70-80"),
)
HIGHEST_BAND = ">80"
UNPRINTED = 46


def du_bois(
    age_years: float | None,
    respiratory_hospitalisation: bool | None,
    fvc_percent: float | None,
    fvc_change_24_weeks: float | None,
) -> Score:
    """0 to 61 points; `stage` is the band of 1-year mortality in %.

    Age < 60 0, 60 to below 70 4, from 70 8; hospitalised for a respiratory cause in the last six months 14; FVC %
    predicted >= 80 0, >= 66 8, > 50 13, <= 50 18; its change over 24 weeks in points: > -5 0, <= -5 10, <= -10 21.
    """
    items = (
        number("age", age_years, "years", _age, (0, 4, 8)),
        answer("respiratory hospitalisation", respiratory_hospitalisation, ("yes", "no"), 14),
        number("FVC % predicted", fvc_percent, "%", _fvc, (0, 8, 13, 18)),
        number("24-week change of FVC % predicted", fvc_change_24_weeks, "points", _change, (0, 10, 21)),
    )
    risk = {name: {HORIZON: f"{name} %"} for _highest, name in (*BANDS, (0, HIGHEST_BAND))}
    title = "Risk of death within a year (IPF)"
    score = total("du Bois", title, items, band, risk, source=SOURCE, says="", caution="Made for IPF.")
    if score.points != UNPRINTED:
        return score
    return replace(
        score, caution=f"{score.caution} The published table has no band for {UNPRINTED} points; the next is given."
    )


def band(points: int) -> str:
    """1-year mortality in % of a sum of points; a sum in a gap of the table takes the band above it."""
    return next((name for highest, name in BANDS if points <= highest), HIGHEST_BAND)


def _age(years: float) -> int:
    return 0 if below(years, 60) else 4 if below(years, 70) else 8


def _fvc(percent: float) -> int:
    if not below(percent, 80):
        return 0
    if not below(percent, 66):
        return 8
    return 13 if above(percent, 50) else 18


def _change(points: float) -> int:
    return 0 if above(points, -5) else 10 if above(points, -10) else 21
