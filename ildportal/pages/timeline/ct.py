"""The charts of the CTs: lesion % and patterns, severity, Goh extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ildportal.charts import goh as goh_drawing
from ildportal.charts import patterns as pattern_drawing
from ildportal.charts import severity as severity_drawing
from ildportal.pages import changes
from ildportal.pages.cells import Cell, listed, number
from ildportal.pages.goh import LEVELS, SOURCES, Extent
from ildportal.pages.keys import bounds, confidence, missing
from ildportal.pages.numbers import dated, decimals
from ildportal.pages.timeline import frames
from ildportal.pages.timeline.chart import UP_WORSE, Chart, Line, Mark, Table, hollow, told
from quant.models import LevelScore, LobeMeasure, Quantification
from quant.models.measures import LOBES
from quant.repeatability import NONE_KNOWN, Limits

History = Sequence[Quantification]
PATTERN_COLUMNS = (
    ("Lesion % (TLV%)", "lesion_percent", 1), ("GGO, %", "ground_glass_percent", 1),
    ("Consolidation, %", "consolidation_percent", 1), ("Reticulation, %", "reticulation_percent", 1),
    ("Honeycombing, %", "honeycombing_percent", 1), ("Fibrosis, %", "fibrosis_percent", 1),
    ("Total lung volume, mL", "volume_ml", 0),
)  # fmt: skip
PATTERN_LEGEND = (
    Mark("Lesion % (TLV%)", "diamond", "lesion"), Mark("GGO", "triangle", "ggo"),
    Mark("Consolidation", "square", "con"), Mark("Reticulation", "cross", "ret"),
    Mark("Honeycombing", "hexagon", "hc"),
)  # fmt: skip
SAID = (
    ("GGO", "ground_glass_percent"), ("consolidation", "consolidation_percent"),
    ("reticulation", "reticulation_percent"), ("honeycombing", "honeycombing_percent"),
    ("fibrosis", "fibrosis_percent"),
)  # fmt: skip
LEVEL_NAMES = ("1 great vessels", "2 carina", "3 venous confluence", "4 midway", "5 above diaphragm")


def patterns(history: History, limits: Limits = NONE_KNOWN) -> Chart | None:
    """Lesion %, GGO, consolidation, reticulation and honeycombing; None without a measured CT."""
    frame = frames.patterns(history)
    if frame.empty:
        return None
    drawn = set(frame["name"])
    return Chart(
        key="patterns",
        title="CT, % of lung volume",
        direction=UP_WORSE,
        legend=(*(mark for mark in PATTERN_LEGEND if mark.label in drawn), *hollow(frame)),
        figures={"percent": pattern_drawing.percent(frame)},
        summary=_patterns_summary(history, limits),
        table=Table(
            (*(name for name, _, _ in PATTERN_COLUMNS), "Engine", "Quality"),
            tuple(_pattern_line(one) for one in reversed(history)),
        ),
        simulated=_any_simulated(history),
    )


def severity(history: History, lobes: Mapping[int, Sequence[LobeMeasure]], limits: Limits = NONE_KNOWN) -> Chart | None:
    """The score of the five lobes; `lobes` by primary key of the quantification."""
    frame = frames.severity(history)
    if frame.empty:
        return None
    return Chart(
        key="severity",
        title="Severity score, 0\u201325",
        direction=UP_WORSE,
        legend=hollow(frame),
        figures={"score": severity_drawing.steps(frame)},
        summary=_severity_summary(history, limits),
        table=Table(
            (*(str(lobe.label) for lobe in LOBES), "Total, 0\u201325", "Confidence, 0\u20131", "Engine"),
            tuple(_severity_line(one, lobes.get(one.pk, ())) for one in reversed(history)),
        ),
        simulated=_any_simulated(history),
    )


def goh(history: History, extents: Mapping[int, Extent], limits: Limits = NONE_KNOWN) -> Chart | None:
    """Goh extent; None where no CT has scores of all five levels."""
    frame = frames.goh(history, extents)
    if frame.empty:
        return None
    scored = [one for one in history if one.pk in extents]
    return Chart(
        key="goh",
        title="Goh extent (TOT), mean of five levels",
        direction=UP_WORSE,
        legend=tuple(Mark(name, "level", f"goh-{level}") for level, name in zip(LEVELS, LEVEL_NAMES, strict=True)),
        figures={"percent": goh_drawing.stack(frame)},
        summary=_goh_summary(scored, extents, limits),
        table=Table(
            (*(f"Level {level}, %" for level in LEVELS), "Mean TOT, %", "Scores"),
            tuple(_goh_line(one, extents[one.pk]) for one in reversed(scored)),
        ),
        simulated=_any_simulated(scored),
    )


def _any_simulated(history: History) -> bool:
    return any(one.is_simulated for one in history)


def _alike(history: History) -> list[Quantification]:
    """Simulated numbers are never set against measured ones."""
    return [one for one in history if one.is_simulated == history[-1].is_simulated]


def _patterns_summary(history: History, limits: Limits) -> str:
    points = changes.ct_points(_alike(history), "lesion_percent", limits)
    now = history[-1]
    others = [f"{name} {decimals(value, 1)} %" for name, field in SAID if (value := getattr(now, field)) is not None]
    lesion = _latest("Lesion %", points, 1, "points", " %") if now.lesion_percent is not None else ""
    rest = f"On that CT {listed(others)}." if others else ""
    return " ".join(filter(None, [lesion, rest, *_care(history)]))


def _severity_summary(history: History, limits: Limits) -> str:
    points = changes.ct_points(_alike(history), "severity_total", limits)
    scored = [one for one in history if one.severity_total is not None]
    parts = [_latest("Severity", points, 0, "", " of 25"), f"{confidence(scored[-1]).capitalize()} of 1."]
    if any(one.severity_estimated for one in scored):
        parts.append("Estimated: the borders of the lobes come from a prior, not from fissures seen.")
    return " ".join(parts)


def _goh_summary(scored: History, extents: Mapping[int, Extent], limits: Limits) -> str:
    points = changes.goh_points(_alike(scored), extents, limits)
    whole = [one for one in scored if extents[one.pk].mean is not None]
    parts = [f"{name} {decimals(value, 1)} %" for name, value in _parts(extents[whole[-1].pk]) if value is not None]
    stack = "Each segment is a fifth of the extent at its level, so the height is the mean."
    sources = listed(list(dict.fromkeys(_made(one, extents[one.pk]) for one in scored)))
    means = f"On that CT {' and '.join(parts)}." if parts else ""
    caution = next((extents[one.pk].caution for one in reversed(scored) if not one.is_simulated), "")
    told = [_latest("Goh extent", points, 1, "points", " %"), means, stack, f"Scores {sources}.", caution]
    return " ".join(filter(None, told))


def _parts(extent: Extent) -> list[tuple[str, float | None]]:
    return [("GG", extent.mean_of("gg")), ("RET", extent.mean_of("ret"))]


def _made(one: Quantification, extent: Extent) -> str:
    """By which source, and by which version of it; nobody made invented ones."""
    return SOURCES[extent.source] if one.is_simulated else f"{SOURCES[extent.source]} ({extent.made_by})"


def _latest(name: str, points: Sequence[changes.Point], digits: int, unit: str, value_unit: str) -> str:
    """'Lesion % 23.2 % on 2024-03-04, +11.7 points† since 2021-03-16, +5.4 points since 2023-05-08.'"""
    now = points[-1]
    steps = [changes.since_baseline(points), changes.since_last(points) if len(points) > 2 else None]
    value = f"{name} {decimals(now.value, digits)}{value_unit} on {dated(now.date)}"
    return f"{', '.join([value, *(told(step, digits, unit) for step in steps if step)])}."


def _care(history: History) -> list[str]:
    """What the eye must know about the lines: other engines, invented numbers, doubtful quality."""
    said = [_parted(*pair) for pair in pairwise(history) if changes.method(pair[0]) != changes.method(pair[1])]
    doubtful = [one for one in history if not one.accepted]
    flagged = [f"{dated(day)} ({frames.doubts(one)})" for one in doubtful if (day := one.series.study.date)]
    if flagged:
        said.append(f"Hollow, of doubtful quality: {listed(flagged)}.")
    if _any_simulated(history):
        said.append("Simulated: invented for demonstration, no scan was measured; drawn open and light.")
    return said


def _parted(before: Quantification, after: Quantification) -> str:
    day = after.series.study.date
    return (
        f"{frames.parting(before, after)} with the CT of {dated(day) if day else 'unknown date'}: not joined by a line."
    )


def _pattern_line(one: Quantification) -> Line:
    cells = [
        number(getattr(one, field), digits, missing(one, field), bounds(one, field))
        for _, field, digits in PATTERN_COLUMNS
    ]
    return _line(one, [*cells, _engine(one), Cell(frames.doubts(one) or "accepted")])


def _severity_line(one: Quantification, lobes: Sequence[LobeMeasure]) -> Line:
    known = {lobe.region: lobe.severity for lobe in lobes}
    cells = [number(known.get(lobe), 0, "This lobe could not be measured") for lobe in LOBES]
    total = number(one.severity_total, 0, missing(one, "severity_total"), "est." if one.severity_estimated else "")
    return _line(one, [*cells, total, number(one.lobe_confidence, 2, "Not given"), _engine(one)])


def _goh_line(one: Quantification, extent: Extent) -> Line:
    cells = [
        number(score.tot if score else None, 0, f"Level {level} has no scores", _parts_of(score))
        for level, score in zip(LEVELS, extent.scores, strict=True)
    ]
    mean = number(extent.mean, 1, "Needs all five levels", _beneath(extent.mean_of("gg"), extent.mean_of("ret"), 1))
    return _line(one, [*cells, mean, Cell(_made(one, extent))])


def _parts_of(score: LevelScore | None) -> str:
    return _beneath(score.gg, score.ret) if score else ""


def _beneath(gg: float | None, ret: float | None, digits: int = 0) -> str:
    return "" if gg is None or ret is None else f"GG {decimals(gg, digits)}, RET {decimals(ret, digits)}"


def _engine(one: Quantification) -> Cell:
    return Cell("Simulated" if one.is_simulated else frames.label(one))


def _line(one: Quantification, cells: Sequence[Cell]) -> Line:
    day = one.series.study.date
    assert day is not None  # noqa: S101
    return Line(day, tuple(cells), one.is_simulated)
