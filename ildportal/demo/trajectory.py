"""How the disease of an invented patient goes: lung function, extent on CT, death. No Django.

Latent values without measurement noise. FVC and extent share one draw each at baseline and in time, which
sets their correlations; docs/demo.md gives the figures aimed at and their sources.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ildportal.demo.people import Rng

# Shares, and mean and SD of the slope of FVC in points of % predicted a year at entry.
KINDS = {
    "improving": (0.14, 1.6, 0.6), "stable": (0.50, -0.3, 0.5), "slow": (0.26, -2.7, 0.8), "rapid": (0.10, -6.5, 1.3),
}  # fmt: skip
IPF_KINDS = {"stable": 0.20, "slow": 0.55, "rapid": 0.25}
SLOWING_YEARS = 5.0
TRANSPLANT_BELOW_FVC, TRANSPLANT_BELOW_AGE = 48.0, 64.0
CAUSES = ("ILD", "ILD", "ILD", "pulmonary hypertension", "pneumonia", "cardiac", "cancer", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Values at entry and what a year adds to them; % predicted and % of the lung volume."""

    kind: str
    fvc: float
    fvc_slope: float
    dlco: float
    dlco_slope: float
    lesion: float
    lesion_slope: float
    fibrosis: float
    fibrosis_slope: float
    consolidation_share: float
    honeycombing_share: float
    emphysema: float
    drop_at: float | None = None
    drop: float = 0.0

    def fvc_at(self, years: float) -> float:
        return float(np.clip(self.fvc + self.fvc_slope * _spent(years) - self._drop(years), 24.0, 135.0))

    def dlco_at(self, years: float) -> float:
        return float(np.clip(self.dlco + self.dlco_slope * _spent(years) - self._drop(years), 14.0, 120.0))

    def lesion_at(self, years: float) -> float:
        return float(np.clip(self.lesion + self.lesion_slope * _spent(years), 0.15, 62.0))

    def fibrosis_at(self, years: float) -> float:
        return float(np.clip(self.fibrosis + self.fibrosis_slope * _spent(years), 0.1, 45.0))

    def _drop(self, years: float) -> float:
        """What an acute exacerbation took."""
        return self.drop if self.drop_at is not None and years >= self.drop_at else 0.0


def draw(rng: Rng, diagnosis: str) -> Course:
    kind = _kind(rng, diagnosis)
    _share, mean, deviation = KINDS[kind]
    slope = float(rng.normal(mean, deviation))
    common, extent, scar, gas = rng.standard_normal(4)
    worse = -0.55 * common + 0.835 * extent
    fibrosing = diagnosis in {"IPF", "fHP", "RA-ILD"}
    lesion = 10.0 * float(np.exp(0.72 * worse))
    fibrosis = (10.0 if fibrosing else 5.5) * float(np.exp(0.65 * (0.6 * worse + 0.8 * scar)))
    acute = kind == "rapid" and rng.random() < 0.5
    return Course(
        kind=kind,
        fvc=float(np.clip(79.0 + 17.5 * common, 40.0, 122.0)),
        fvc_slope=slope,
        dlco=float(np.clip(58.0 + 17.0 * (0.55 * common + 0.835 * gas), 22.0, 105.0)),
        dlco_slope=float(-0.7 + 0.6 * slope + rng.normal(0.0, 1.2)),
        lesion=float(np.clip(lesion, 0.4, 48.0)),
        lesion_slope=float(-0.50 * slope + rng.normal(0.0, 1.6)) - 0.2,
        fibrosis=float(np.clip(fibrosis, 0.2, 32.0)),
        fibrosis_slope=float(np.clip(0.35 - 0.35 * slope + rng.normal(0.0, 0.6), -0.3, 5.0)),
        consolidation_share=float(rng.beta(1.2, 12.0)),
        honeycombing_share=float(rng.beta(1.5, 4.0) if fibrosing else rng.beta(0.8, 9.0)),
        emphysema=float(rng.gamma(0.6, 0.8)),
        drop_at=float(rng.uniform(0.8, 3.0)) if acute else None,
        drop=float(rng.uniform(4.0, 10.0)) if acute else 0.0,
    )


def death_after(rng: Rng, course: Course, age: float, limit: float) -> float | None:
    """Years from entry to death, None beyond `limit`; the hazard rises with age and falling lung function."""
    for month in range(1, int(limit * 12) + 1):
        years = month / 12
        load = 0.030 * (79.0 - course.fvc_at(years)) + 0.030 * (58.0 - course.dlco_at(years))
        hazard = 0.014 * float(np.exp(load + 0.045 * (age + years - 54.0)))
        if rng.random() < 1.0 - np.exp(-hazard / 12):
            return years
    return None


def transplant_after(course: Course, age: float, limit: float) -> float | None:
    """Years from entry to a lung transplant: young enough, and little lung function left."""
    for month in range(12, int(limit * 12) + 1):
        years = month / 12
        if course.fvc_at(years) < TRANSPLANT_BELOW_FVC and course.dlco_at(years) < 32.0:
            return years + 0.4 if age + years < TRANSPLANT_BELOW_AGE and years + 0.4 < limit else None
    return None


def _kind(rng: Rng, diagnosis: str) -> str:
    if diagnosis == "IPF":
        return str(rng.choice(list(IPF_KINDS), p=list(IPF_KINDS.values())))
    return str(rng.choice(list(KINDS), p=[share for share, _mean, _sd in KINDS.values()]))


def _spent(years: float) -> float:
    """Years of the first slope: courses flatten, by treatment and by selection."""
    return float(SLOWING_YEARS * (1.0 - np.exp(-years / SLOWING_YEARS)))
