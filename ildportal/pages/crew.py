"""The workers as a page tells of them: which live, what each does, and what it means when none does."""

from __future__ import annotations

from dataclasses import dataclass

from ildportal import access
from ildportal.access import Visitor
from quant import workers
from quant.models import Run
from quant.workers import Sign

START = "python -m celery -A ildportal worker -Q quantify -P prefork -c 1"
LOST_SHOWN_SECONDS = 3600
UNITS = (("day", 86_400), ("h", 3600), ("min", 60))


@dataclass(frozen=True, slots=True)
class Member:
    """One worker: `live` or lost, and one sentence on what it does."""

    name: str
    device: str
    live: bool
    doing: str


@dataclass(frozen=True, slots=True)
class Crew:
    """`summary` is one sentence; `alarm` says what to do when nothing can be measured, else it is empty."""

    summary: str
    alarm: str
    members: list[Member]


def crew(user: Visitor, waiting: int) -> Crew:
    """`waiting` studies stand in the queue or are being measured."""
    signs = workers.seen()
    shown = [one for one in signs if one.is_live or (one.is_lost and one.age_seconds < LOST_SHOWN_SECONDS)]
    held = [one.run.pk for one in shown if one.run]
    visible = set(access.runs_for(user).filter(pk__in=held).values_list("pk", flat=True)) if held else set()
    return Crew(_summary(signs), _alarm(signs, waiting), [_member(one, visible) for one in shown])


def ago(seconds: float) -> str:
    """3 s, 4 min, 2 h, 1 day."""
    unit, length = next(((unit, length) for unit, length in UNITS if seconds >= length), ("s", 1))
    return f"{int(seconds // length)} {unit}"


def _summary(signs: list[Sign]) -> str:
    live = workers.live(signs)
    if live:
        return f"{len(live)} worker{'s' if len(live) > 1 else ''}, last seen {ago(live[0].age_seconds)} ago"
    if not signs:
        return "No worker has been seen since yesterday"
    return f"No worker has been seen for {ago(signs[0].age_seconds)}"


def _alarm(signs: list[Sign], waiting: int) -> str:
    if workers.live(signs):
        return ""
    return f"{_summary(signs)}: {'measurements wait' if waiting else 'new CTs would wait'}. Start one with"


def _member(sign: Sign, visible: set[int]) -> Member:
    host, _, _ = sign.worker.name.partition("/")
    return Member(host.removeprefix("celery@"), sign.worker.device, sign.is_live, _doing(sign, visible))


def _doing(sign: Sign, visible: set[int]) -> str:
    seen = f"last sign {ago(sign.age_seconds)} ago"
    if sign.run is None:
        return f"Waits for work, {seen}" if sign.is_live else f"No sign for {ago(sign.age_seconds)}"
    work = _work(sign.run) if sign.run.pk in visible else "a CT of another site"
    if sign.is_live:
        return f"Measures {work}, {seen}"
    return f"No sign for {ago(sign.age_seconds)}; {work} returns to the queue by itself"


def _work(run: Run) -> str:
    patient = run.series.study.patient
    return f"{patient.code if patient else 'a CT without a patient'}, {run.stage or 'starting'}, {run.percent} %"
