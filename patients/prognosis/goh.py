"""Goh stage of SSc-ILD (Goh et al., Am J Respir Crit Care Med 2008;177:1248-54)."""

from __future__ import annotations

from enum import StrEnum

from patients.prognosis.score import Score, above, below, finite

SOURCE = "Goh et al., Am J Respir Crit Care Med 2008;177:1248-54"
HAZARD = "hazard ratio of death against limited"
THREE_WAY_RISK, PLAIN_RISK = {HAZARD: "3.46 (95 % CI 2.19 to 5.46)"}, {HAZARD: "2.48 (95 % CI 1.57 to 3.92)"}
LOW, HIGH, PLAIN, FVC_LIMIT = 10.0, 30.0, 20.0, 70.0


class Stage(StrEnum):
    LIMITED = "limited"
    EXTENSIVE = "extensive"
    NOT_CLASSIFIABLE = "not classifiable"


class QuickRead(StrEnum):
    """A reader's glance at the extent, where nobody scored it: clearly below 20 %, clearly above, or neither."""

    MINIMAL = "minimal"
    SEVERE = "severe"
    INDETERMINATE = "indeterminate"


def stage(extent_percent: float | None, quick_read: QuickRead | None, fvc_percent: float | None) -> Stage:
    """Extent of disease on CT in % < 10 limited, > 30 extensive; 10 to 30, both included, FVC < 70 % predicted decides.

    A scored extent goes before a quick read.
    """
    extent_percent, fvc_percent = finite(extent_percent), finite(fvc_percent)
    on_ct = _on_ct(extent_percent, quick_read)
    if on_ct is None:
        return Stage.NOT_CLASSIFIABLE
    if on_ct is not QuickRead.INDETERMINATE:
        return Stage.LIMITED if on_ct is QuickRead.MINIMAL else Stage.EXTENSIVE
    if fvc_percent is None:
        return Stage.NOT_CLASSIFIABLE
    return Stage.EXTENSIVE if below(fvc_percent, FVC_LIMIT) else Stage.LIMITED


def plain_stage(extent_percent: float | None) -> Stage:
    """The plain cut: more than 20 % is extensive; exactly 20 is limited."""
    extent_percent = finite(extent_percent)
    if extent_percent is None:
        return Stage.NOT_CLASSIFIABLE
    return Stage.EXTENSIVE if above(extent_percent, PLAIN) else Stage.LIMITED


def goh(extent_percent: float | None, quick_read: QuickRead | None, fvc_percent: float | None) -> Score:
    """The stage with its sentence and what is missing."""
    extent_percent, fvc_percent = finite(extent_percent), finite(fvc_percent)
    found = stage(extent_percent, quick_read, fvc_percent)
    on_ct = _on_ct(extent_percent, quick_read)
    missing: tuple[str, ...] = ()
    if found is Stage.NOT_CLASSIFIABLE:
        missing = ("the extent of disease on CT",) if on_ct is None else ("FVC % predicted",)
    return Score(
        "Goh",
        "Goh stage, three-way",
        "" if missing else found,
        risk=THREE_WAY_RISK if found is Stage.EXTENSIVE else {},
        missing=missing,
        sentence=_sentence(found, extent_percent, quick_read, fvc_percent, missing),
        source=SOURCE,
    )


def plain_goh(extent_percent: float | None) -> Score:
    """The plain 20 % cut as a scheme of its own."""
    extent_percent = finite(extent_percent)
    found = plain_stage(extent_percent)
    name, title = "Goh 20 %", "Goh stage, plain 20 % cut"
    if extent_percent is None:
        missing = ("the extent of disease on CT",)
        return Score(name, title, "", missing=missing, sentence=f"{name}: it lacks {missing[0]}.", source=SOURCE)
    said = f"{name}: {found}, extent {extent_percent:.1f} %."
    risk = PLAIN_RISK if found is Stage.EXTENSIVE else {}
    return Score(name, title, found, risk=risk, sentence=said, source=SOURCE)


def _on_ct(extent_percent: float | None, quick_read: QuickRead | None) -> QuickRead | None:
    if extent_percent is None:
        return quick_read
    if below(extent_percent, LOW):
        return QuickRead.MINIMAL
    return QuickRead.SEVERE if above(extent_percent, HIGH) else QuickRead.INDETERMINATE


def _sentence(
    found: Stage, extent: float | None, quick_read: QuickRead | None, fvc: float | None, missing: tuple[str, ...]
) -> str:
    seen = f"extent {extent:.1f} %" if extent is not None else f"extent read as {quick_read}" if quick_read else ""
    if missing:
        return f"Goh not classifiable: {seen}{'; ' if seen else ''}it lacks {missing[0]}."
    decided = f", FVC {fvc:.1f} % predicted decides" if _on_ct(extent, quick_read) is QuickRead.INDETERMINATE else ""
    return f"Goh {found}: {seen}{decided}."
