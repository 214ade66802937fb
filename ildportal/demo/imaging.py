"""CTs without pixels: documents of schema ildportal.quantification/1 that no engine measured. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from ildportal.demo.people import Rng
from ildportal.demo.records import Extents, Scan
from ildportal.demo.trajectory import Course
from quant.engine.identity import SIMULATED_ENGINE
from quant.engine.measures import severity

Floats = npt.NDArray[np.float64]

PATTERNS = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")
# Share of the lung volume in % of each lobe, and how dense the disease of a basal SSc-ILD is there.
LOBES = {"RUL": (20.5, 0.55), "RML": (9.0, 0.75), "RLL": (24.5, 1.55), "LUL": (24.0, 0.55), "LLL": (22.0, 1.60)}
# Extent at the five Goh levels, from the great vessels to above the diaphragm, against their mean.
LEVELS = (0.35, 0.60, 0.95, 1.35, 1.75)
LEVEL_HEIGHTS = (0.80, 0.66, 0.50, 0.36, 0.22)
# In %, and the fraction of a lobe that all patterns may take together.
MOST_ILD, FULLEST_LOBE = 70.0, 0.95
ENGINE_VERSION = "1"
SCANNERS = (
    ("Siemens", "Br40", "soft", 1.0, 1.0), ("Siemens", "Bl57", "sharp", 1.0, 1.0),
    ("GE MEDICAL SYSTEMS", "STANDARD", "soft", 1.25, 1.25), ("Philips", "YC", "sharp", 1.0, 0.7),
    ("Canon", "FC51", "medium", 1.0, 0.8), ("GE MEDICAL SYSTEMS", "LUNG", "sharp", 2.5, 2.5),
)  # fmt: skip


def disease(rng: Rng, course: Course, years: float) -> Extents:
    """Extents as a perfect reader would see them, with the error that two scans of one day would show."""
    lesion = _near(rng, course.lesion_at(years), 0.5, 0.06)
    fibrosis = _near(rng, course.fibrosis_at(years), 0.3, 0.06)
    if lesion + fibrosis > MOST_ILD:
        lesion, fibrosis = (part * MOST_ILD / (lesion + fibrosis) for part in (lesion, fibrosis))
    return extents(course, lesion, fibrosis, _near(rng, course.emphysema, 0.05, 0.05))


def extents(course: Course, lesion: float, fibrosis: float, emphysema: float = 0.0) -> Extents:
    """In the shares of the course."""
    dense, comb = course.consolidation_share, course.honeycombing_share
    return Extents(
        ground_glass=lesion * (1 - dense),
        consolidation=lesion * dense,
        reticulation=fibrosis * (1 - comb),
        honeycombing=fibrosis * comb,
        emphysema=emphysema,
    )


def scan(rng: Rng, day: date, found: Extents, total_lung_capacity_l: float, version: str = ENGINE_VERSION) -> Scan:
    """A CT of lungs that hold `total_lung_capacity_l` upright: a little less lying, plus their tissue."""
    volume = total_lung_capacity_l * 1000 * float(rng.normal(0.90, 0.03)) + 350.0
    slices = int(volume**0.333 * 16 + rng.normal(70, 6))
    scanner = SCANNERS[int(rng.integers(len(SCANNERS)))]
    warnings = _warnings(rng, scanner[2])
    series = _series(scanner, slices, [warning["code"] for warning in warnings])
    return Scan(day=day, series=series, document=document(rng, volume, found, series, warnings, version))


def document(
    rng: Rng,
    volume: float,
    found: Extents,
    series: Mapping[str, Any],
    warnings: list[dict[str, str]],
    version: str,
) -> dict[str, Any]:
    """`volume` in mL. Lobes sum to the lungs, and severity is that of their exact fractions."""
    lobes = _lobes(rng, volume, found)
    right = sum(lobes[name]["ml"] for name in ("RUL", "RML", "RLL"))
    scores = [lobe["severity"] for lobe in lobes.values()]
    return {
        "engine": {
            "name": SIMULATED_ENGINE, "version": version, "weights": {}, "device": "", "seconds": {"total": 0.0},
        },
        "quality": {"accepted": not any(one["code"] == "motion" for one in warnings), "warnings": warnings},
        "lungs": {
            "volume_ml": volume,
            "right_ml": right,
            "left_ml": volume - right,
            "recovered_ml": volume * found.consolidation / 100 * 0.8,
            **_density(rng, volume, found),
        },
        "patterns": {name: _pattern(rng, volume, getattr(found, name)) for name in PATTERNS},
        "lesion_percent": found.lesion,
        "fibrosis_percent": found.fibrosis,
        "ild_percent": found.lesion + found.fibrosis,
        "lobes": lobes,
        "lobes_source": "external",
        "lobe_confidence": round(float(rng.uniform(0.75, 0.98)), 2),
        "severity": {"scheme": "guiot2025", "total": sum(scores), "estimated": False},
        "goh": {"default": "measured", "sources": {"measured": {"levels": _levels(rng, found, series)}}},
    }  # fmt: skip


def _near(rng: Rng, value: float, error: float, relative: float) -> float:
    """`value` measured: never below zero, SD `error` + `relative` x value."""
    return float(abs(value + rng.normal(0.0, error + relative * value) * min(value, 1.0)))


def _warnings(rng: Rng, kernel: str) -> list[dict[str, str]]:
    found = []
    if kernel == "sharp" and rng.random() < 0.3:
        found.append({"code": "sharp_kernel", "detail": "sharp kernel: densities spread wider"})
    if rng.random() < 0.04:
        found.append({"code": "motion", "detail": "breathing blurs the bases: extents there are uncertain"})
    return found


def _series(scanner: tuple[str, str, str, float, float], slices: int, codes: list[str]) -> dict[str, Any]:
    maker, kernel, kernel_class, thickness, spacing = scanner
    count = round(slices / spacing)
    return {
        "number": 3,
        "description": f"Lung {thickness} mm",
        "kernel": kernel,
        "kernel_class": kernel_class,
        "slice_thickness_mm": thickness,
        "spacing_between_mm": spacing,
        "rows": 512,
        "columns": 512,
        "pixel_spacing_mm": [0.7, 0.7],
        "slices": count,
        "kvp": 120.0,
        "manufacturer": maker,
        "contrast": "no",
        "position": "supine",
        "breath": "inspiration",
        "orientation": "axial",
        "coverage_mm": round((count - 1) * spacing, 1),
        "quality_codes": [code for code in codes if code == "sharp_kernel"],
    }


def _pattern(rng: Rng, volume: float, percent: float) -> dict[str, float]:
    half = 1.96 * (0.25 + 0.05 * percent) * float(rng.uniform(0.8, 1.2))
    return {
        "ml": volume * percent / 100,
        "percent": percent,
        "low": max(percent - half, 0.0),
        "high": min(percent + half, 100.0),
    }


def _density(rng: Rng, volume: float, found: Extents) -> dict[str, float]:
    ild = found.lesion + found.fibrosis
    return {
        "mean_density_hu": -835.0 + 3.6 * ild + float(rng.normal(0, 8)),
        "haa_percent": float(np.clip(4.0 + 0.75 * found.lesion + 0.35 * found.fibrosis + rng.normal(0, 0.8), 0.5, 80)),
        "laa950_percent": found.emphysema * 0.9,
        "perc15_hu": -930.0 + 0.9 * ild + float(rng.normal(0, 5)),
        "skewness": max(3.1 - 0.045 * ild + float(rng.normal(0, 0.12)), 0.2),
        "kurtosis": max(11.0 * float(np.exp(-0.055 * ild)) + float(rng.normal(0, 0.5)), -0.9),
        "vessel_ml": volume * float(rng.uniform(0.038, 0.052)),
    }


def _lobes(rng: Rng, volume: float, found: Extents) -> dict[str, dict[str, Any]]:
    shares = np.array([share * rng.normal(1.0, 0.05) for share, _weight in LOBES.values()])
    shares = shares / shares.sum()
    extents = np.array([getattr(found, name) / 100 for name in PATTERNS])
    drawn = [_spread(rng, shares, extents[i], basal=name != "emphysema") for i, name in enumerate(PATTERNS)]
    fractions = _within_lobes(np.array(drawn), extents)
    return {name: _lobe(volume * float(shares[i]), fractions[:, i]) for i, name in enumerate(LOBES)}


def _spread(rng: Rng, shares: Floats, extent: float, basal: bool) -> Floats:
    """The fraction of each lobe that a pattern takes, so that all lobes together hold `extent` of the lungs."""
    weights = np.array([weight if basal else 2.1 - weight for _share, weight in LOBES.values()])
    weights = weights * rng.lognormal(0.0, 0.18, len(weights))
    fractions: Floats = extent * weights / float((shares * weights).sum())
    return fractions


def _within_lobes(fractions: Floats, extents: Floats) -> Floats:
    """Patterns by lobes, moved towards an even spread until no lobe holds more than FULLEST_LOBE; extents stay."""
    fullest, everywhere = float(fractions.sum(axis=0).max()), float(extents.sum())
    if fullest <= FULLEST_LOBE:
        return fractions
    kept = (FULLEST_LOBE - everywhere) / (fullest - everywhere)
    evened: Floats = kept * fractions + (1 - kept) * extents[:, None]
    return evened


def _lobe(volume: float, fractions: Floats) -> dict[str, Any]:
    """`fractions` of the lobe in the order of PATTERNS."""
    parts = {name: float(fraction) for name, fraction in zip(PATTERNS, fractions, strict=True)}
    lesion = parts["ground_glass"] + parts["consolidation"]
    return {
        "ml": volume,
        "lesion_ml": volume * lesion,
        "lesion_percent": 100 * lesion,
        # The engine counts voxels: a million of them are exact enough.
        "severity": severity(round(lesion * 1_000_000), 1_000_000),
        "patterns": {name: {"ml": volume * fraction} for name, fraction in parts.items()},
    }


def _levels(rng: Rng, found: Extents, series: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Goh scores: GG = ground glass + consolidation, RET = reticulation + honeycombing; max <= TOT <= GG + RET."""
    levels = []
    for number, (weight, height) in enumerate(zip(LEVELS, LEVEL_HEIGHTS, strict=True), 1):
        local = weight * float(rng.lognormal(0.0, 0.12))
        ground, lines = min(found.lesion * local, 92.0), min(found.fibrosis * local, 88.0)
        total = min(max(ground, lines) + float(rng.uniform(0.5, 1.0)) * min(ground, lines), 100.0)
        levels.append(
            {
                "level": number,
                "slice": round((series["slices"] - 1) * height),
                "position_mm": round(-300.0 + series["coverage_mm"] * height, 1),
                "sop_uid": None,
                "tot": total,
                "gg": ground,
                "ret": lines,
                "confidence": round(float(rng.uniform(0.7, 0.98)), 2),
            }
        )
    return levels
