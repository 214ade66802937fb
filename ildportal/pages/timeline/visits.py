"""The values at each visit, as the readout under the time cursor shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ildportal.pages.goh import Extent
from ildportal.pages.keys import confidence
from ildportal.pages.numbers import decimals
from ildportal.pages.readings import Function, Reading
from ildportal.pages.timeline import frames
from patients.models import PulmonaryFunctionTest
from quant.models import Quantification

Visit = dict[str, Any]
CT_PARTS = (
    ("Lesion % (TLV%)", "lesion_percent", 1, "%"),
    ("GGO", "ground_glass_percent", 1, "%"),
    ("Fibrosis", "fibrosis_percent", 1, "%"),
)


def visits(function: Function, history: Sequence[Quantification], extents: Mapping[int, Extent]) -> list[Visit]:
    """By date: kind, words of what was found ([name, value, unit]) and what to know about it."""
    found = [_session(function, one) for one in function.sessions]
    found += [_ct(one, extents.get(one.pk)) for one in history]
    return sorted(found, key=lambda visit: str(visit["date"]))


def _session(function: Function, session: PulmonaryFunctionTest) -> Visit:
    fvc, dlco = function.at(session)
    parts = [*_parts("FVC", fvc, "L"), *_parts("DLCO", dlco, "mmol/min/kPa")]
    notes = [f"{name} grade {one.grade}" for name, one in (("FVC", fvc), ("DLCO", dlco)) if one and one.flagged]
    return {"date": session.date.isoformat(), "kind": "function", "parts": parts, "note": ", ".join(notes)}


def _parts(name: str, one: Reading | None, unit: str) -> list[list[str]]:
    if one is None:
        return [[name, "\u2014", ""]]
    if one.reference is None:
        return [[name, decimals(one.value, 2), unit]]
    return [
        [name, decimals(one.reference.percent_predicted, 1), "%"],
        ["", decimals(one.value, 2), unit],
        ["z", decimals(one.reference.z, 2), ""],
    ]


def _ct(one: Quantification, extent: Extent | None) -> Visit:
    parts = [
        [name, decimals(value, digits), unit]
        for name, field, digits, unit in CT_PARTS
        if (value := getattr(one, field)) is not None
    ]
    if one.severity_total is not None:
        estimated = "est., " if one.severity_estimated else ""
        parts.append(["Severity", decimals(one.severity_total, 0), f"/ 25 ({estimated}{confidence(one)})"])
    if extent and extent.mean is not None:
        parts.append(["Goh extent", decimals(extent.mean, 1), "%"])
    day = one.series.study.date
    notes = [*(["simulated"] if one.is_simulated else []), *filter(None, [frames.doubts(one)])]
    return {"date": day.isoformat() if day else "", "kind": "ct", "parts": parts, "note": ", ".join(notes)}
