"""How far numbers of an unchanged lung lie apart: the repeatability coefficient of each measure.

What was changed in a scan (noise, kernel, position, a little breath) is less than what differs between two days. So
the limit of an extent is never below the error of a change that was there: of disease that grew or cleared.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from quant.engine.patterns import NAMES
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.evaluation import run
from quant.evaluation.base import Base
from quant.evaluation.cases import PAIRS, PATTERNS
from quant.evaluation.insert import insert
from quant.evaluation.perturb import CHANGES, versions

SCHEMA = "ildportal.repeatability/1"
# 95 % of differences between two measurements lie within this many within-scan SD.
COEFFICIENT = 1.96 * math.sqrt(2.0)
LUNG_KEYS = ("haa_percent", "laa950_percent", "mean_density_hu", "perc15_hu")
EXTENTS = ("lesion_percent", "fibrosis_percent", "ild_percent")
# 95 % of errors lie within this many root mean squares.
OF_ERRORS = 1.96
# Mild, middling and fibrotic disease beside the clean scan: a limit of clean lungs alone would be too narrow.
DISEASES = ("ground glass patchy", "usual interstitial pneumonia", "organising pneumonia")
METHOD = (
    "1.96 x sqrt(2) x within-scan SD, root mean square over {scans} scans (clean, and with inserted disease), each as "
    "it is and with {changes}. Of extents at least 1.96 x the root mean square of the error of the change of ILD % in "
    "{pairs} pairs of scans whose disease grew or cleared. Synthetic disease; no person was scanned twice."
)


def limits(bases: Iterable[Base], engine: Callable[[Volume], Measured], seed: int) -> dict[str, Any]:
    """The document that `manage.py repeatability` registers.

    Raises:
        ValueError: fewer than two scans.
    """
    groups: list[list[dict[str, float | None]]] = []
    errors: list[float] = []
    made: dict[str, Any] = {}
    for base in bases:
        wanted = [(), *(case.wanted for case in PATTERNS if case.name in DISEASES)]
        for disease in wanted:
            hu = insert(base, disease, seed).hu
            documents = [engine(base.with_hu(other)).document for _, other in versions(hu, base, seed)]
            made = documents[0]["engine"]
            groups.append([measures(document) for document in documents])
        pairs = run.pairs(base, engine, _unwatched, seed, PAIRS)
        errors += [one.value for one in pairs if one.key == "change_error"]
    if len(groups) < 2:
        raise ValueError("repeatability needs two scans or more")
    return {
        "schema": SCHEMA,
        "engine": {key: made[key] for key in ("name", "version", "weights")},
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "scans": len(groups),
        "method": METHOD.format(scans=len(groups), changes=", ".join(CHANGES), pairs=len(errors)),
        "limits": widened(coefficients(groups), errors),
    }


def widened(limits: Mapping[str, float], errors: Sequence[float]) -> dict[str, float]:
    """Limits by measure, those of extents not below what the errors (points of ILD %) of known changes ask for.

    >>> widened({"ild_percent": 0.5, "haa_percent": 0.5}, [1.0, -1.0])
    {'ild_percent': 1.96, 'haa_percent': 0.5}
    """
    least = round(OF_ERRORS * math.sqrt(sum(one**2 for one in errors) / len(errors)), 4)
    extents = {*EXTENTS, *(f"{name}_percent" for name in NAMES)}
    return {name: max(limit, least) if name in extents else limit for name, limit in limits.items()}


def two_digits(limits: Mapping[str, float]) -> dict[str, float]:
    """Limits as they are told and kept: rounded up, since more digits were not measured.

    >>> two_digits({"lung_volume_ml": 99.14, "ild_percent": 2.2085, "laa950_percent": 0.0})
    {'lung_volume_ml': 100.0, 'ild_percent': 2.3, 'laa950_percent': 0.0}
    """
    return {name: _up(limit) for name, limit in limits.items()}


def _up(limit: float) -> float:
    if limit <= 0:
        return 0.0
    digits = 1 - math.floor(math.log10(limit))
    return round(math.ceil(round(limit * 10.0**digits, 6)) / 10.0**digits, max(digits, 0))


def _unwatched(*_: object) -> None:
    pass


def measures(document: Mapping[str, Any]) -> dict[str, float | None]:
    """The measures of a quantification that a limit can be known of, by the names of the limits."""
    patterns = {f"{name}_percent": one["percent"] for name, one in document["patterns"].items()}
    return {
        "lung_volume_ml": document["lungs"]["volume_ml"],
        **{name: document[name] for name in EXTENTS},
        **patterns,
        **{name: document["lungs"][name] for name in LUNG_KEYS},
        "severity_total": document["severity"]["total"],
    }


def coefficients(groups: Iterable[list[dict[str, float | None]]]) -> dict[str, float]:
    """By measure: COEFFICIENT x the pooled SD within groups; a measure that is missing anywhere is left out."""
    kept = list(groups)
    found = {}
    for name in kept[0][0]:
        values = [[one[name] for one in group] for group in kept]
        known = [[value for value in group if value is not None] for group in values]
        if all(len(some) == len(group) and len(some) > 1 for some, group in zip(known, values, strict=True)):
            variances = [float(np.var(some, ddof=1)) for some in known]
            found[name] = round(COEFFICIENT * math.sqrt(sum(variances) / len(variances)), 4)
    return found
