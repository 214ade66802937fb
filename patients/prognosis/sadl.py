"""SADL: smoking, age and DLCO in SSc-ILD (Morisset et al., Chest 2017;152:999-1007)."""

from __future__ import annotations

from patients.prognosis.score import Score, above, answer, below, number, total

SOURCE = "Morisset et al., Chest 2017;152:999-1007"


def sadl(ever_smoker: bool | None, age_years: float | None, dlco_percent: float | None) -> Score:
    """SADL, 0 to 7 points: low 0-3, moderate 4-5, high 6-7 risk of death within three years.

    Ever-smoker 1; age < 55 0, 55 to 70 1, above 2; DLCO % predicted > 60 0, 40 to 60 3, < 40 4.
    """
    items = (
        answer("ever smoked", ever_smoker, ("yes", "never"), 1),
        number("age", age_years, "years", _age, (0, 1, 2)),
        number("DLCO % predicted", dlco_percent, "%", _dlco, (0, 3, 4)),
    )
    return total("SADL", "Smoking, age, DLCO (SSc-ILD)", items, _level, {}, source=SOURCE, says="{} risk")


def _age(years: float) -> int:
    return 2 if above(years, 70) else 0 if below(years, 55) else 1


def _dlco(percent: float) -> int:
    return 0 if above(percent, 60) else 4 if below(percent, 40) else 3


def _level(points: int) -> str:
    return "low" if points <= 3 else "moderate" if points <= 5 else "high"
