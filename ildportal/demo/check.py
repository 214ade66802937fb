"""What the engine measured of the phantoms against what is true of them, and whether the pages say so."""

from __future__ import annotations

import http.cookiejar
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from ildportal.demo import users, volumes
from ildportal.demo.volumes import Plan
from ildportal.pages.numbers import decimals
from quant.models import Quantification, Run, State
from quant.models.measures import ScoreSource

# docs/demo.md says why these: lung volume in % of the truth, extents in points of the lung volume.
VOLUME_PERCENT = 5.0
POINTS = {
    "lesion": 3.0, "ground_glass": 3.0, "consolidation": 2.0, "emphysema": 2.0,
    "fibrosis": 3.0, "reticulation": 3.0, "honeycombing": 2.0,
}  # fmt: skip
# Of TOT on the slice that the engine takes for the level, against TOT on the slice where the level truly lies.
GOH_POINTS = 5.0
# Fewer points between two scans are no change that a reader would name.
CHANGE_POINTS = 3.0
TOT, EXTENT = "TOT", "Goh extent"
# An engine that has no name for fibrosis may leave these out, and then counts what it sees of it as ground glass.
FIBROTIC = {"reticulation", "honeycombing", "fibrosis"}
TAKES_FIBROSIS = {"lesion", "ground_glass"}


@dataclass(frozen=True, slots=True)
class Line:
    """One number of one scan; `ok` None where the engine does not measure it. `counted`: when wrong, no fault."""

    scan: str
    name: str
    true: float
    measured: float | None
    bound: str
    ok: bool | None
    counted: bool = False


def main(until: date, home: Path, address: str, began: float) -> int:
    """Prints the table; 0 when every line and every page is right, else 1."""
    plans = volumes.plans(until)
    lines = [line for plan in plans for line in _scan(plan, home)]
    lines += directions(lines)
    _print(lines)
    print(f"demo-check: {goh_summary(lines)}")
    faults = [f"{line.scan} {line.name}" for line in lines if line.ok is False and not line.counted]
    faults += [f"run {run.pk}: {run.reason or run.state}" for run in Run.objects.exclude(state=State.DONE)]
    faults += list(_pages(plans, address))
    for fault in faults:
        print(f"demo-check: WRONG {fault}")
    strict = sum(abs((line.measured or line.true) - line.true) > POINTS.get(line.name, 1e9) for line in lines)
    print(
        f"demo-check: {strict} extents are off by more than {POINTS['lesion']:g} or {POINTS['consolidation']:g} points"
    )
    wrong = f"{len(faults)} wrong" if faults else "all right"
    print(f"demo-check: {len(lines)} numbers of {len(plans)} scans, {wrong}, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


def compare(scan: str, truth: dict[str, Any], found: Quantification | None) -> list[Line]:
    """Lung volume and every extent of one scan; `truth` in the words of the contract."""
    volume = truth["lungs"]["volume_ml"]
    measured = found.volume_ml if found else None
    right = measured is not None and abs(measured / volume - 1) * 100 <= VOLUME_PERCENT
    lines = [Line(scan, "lung volume", volume, measured, f"{VOLUME_PERCENT:g} %", right)]
    nameless = truth["fibrosis_percent"] if found and found.fibrosis_percent is None else 0.0
    for name, points in POINTS.items():
        true = truth.get(f"{name}_percent", truth["patterns"].get(name, {}).get("percent"))
        value = getattr(found, f"{name}_percent") if found else None
        more = points + (nameless if name in TAKES_FIBROSIS else 0.0)
        bound = f"-{points:.1f} to +{more:.1f} points"
        lines.append(Line(scan, name, true, value, bound, _within(name, true, value, points, more)))
    return lines


def _within(name: str, true: float, value: float | None, less: float, more: float) -> bool | None:
    if value is None:
        return None if name in FIBROTIC else False
    return -less <= value - true <= more


def _scan(plan: Plan, home: Path) -> list[Line]:
    told = volumes.truth(plan, home)
    if told is None:
        return [Line(plan.name, "truth", 0.0, None, "a file", False)]
    found = Quantification.objects.filter(series__series_uid=told["series_uid"], current=True).first()
    return [*compare(plan.name, told["truth"], found), *goh_lines(plan.name, told["truth"], found)]


def goh_lines(scan: str, truth: dict[str, Any], found: Quantification | None) -> Iterator[Line]:
    """Measured TOT of each level against that of the true level, and the extent; none where an older truth has none.

    A level beyond its bound is counted and named, not failed on: where a level is estimated, a centimetre moves its TOT
    by more. A level that has no TOT is wrong, and so is an extent beyond the bound.
    """
    true = {one["level"]: one.get("tot") for one in truth.get("goh_levels", ())}
    rows = found.levels.filter(source=ScoreSource.MEASURED, current=True) if found else []
    measured = {one.level: one.tot for one in rows}
    for level, tot in true.items():
        if tot is not None:
            yield _goh(scan, f"{TOT} {level}", tot, measured.get(level), counted=measured.get(level) is not None)
    if true and None not in true.values():
        known = [one for one in measured.values() if one is not None]
        yield _goh(scan, EXTENT, _mean(list(true.values())), _mean(known) if len(known) == len(true) else None)


def _goh(scan: str, name: str, true: float, value: float | None, *, counted: bool = False) -> Line:
    right = value is not None and abs(value - true) <= GOH_POINTS
    return Line(scan, name, true, value, f"{GOH_POINTS:g} points", right, counted)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def goh_summary(lines: Iterable[Line]) -> str:
    """How many levels are within the bound, and the mean and largest error."""
    errors = [None if line.measured is None else line.measured - line.true for line in lines if line.name[:3] == TOT]
    known = [abs(one) for one in errors if one is not None]
    if not known:
        return "no Goh level was scored"
    within = sum(one <= GOH_POINTS for one in known)
    return (
        f"TOT of {within} of {len(errors)} Goh levels within {GOH_POINTS:g} points, "
        f"off by {_mean(known):.1f} in the mean, {max(known):.1f} at most"
    )


def directions(lines: Sequence[Line]) -> Iterator[Line]:
    """Where the lesion truly changed by CHANGE_POINTS or more, the measured change has its sign."""
    lesions = [line for line in lines if line.name == "lesion"]
    for before, after in pairwise(lesions):
        true = after.true - before.true
        same = before.scan[: -len("-2026-01-01")] == after.scan[: -len("-2026-01-01")]
        if not same or abs(true) < CHANGE_POINTS:
            continue
        known = before.measured is not None and after.measured is not None
        change = (after.measured or 0.0) - (before.measured or 0.0) if known else None
        yield Line(after.scan, "lesion change", true, change, "direction", change is not None and change * true > 0)


def _print(lines: Iterable[Line]) -> None:
    print(f"{'scan':<22}{'':<16}{'true':>9}{'measured':>10}{'error':>9}  bound")
    for line in lines:
        value = "-" if line.measured is None else f"{line.measured:.2f}"
        error = "-" if line.measured is None else f"{line.measured - line.true:+.2f}"
        wrong = "  BEYOND" if line.counted else "  WRONG"
        verdict = {True: "", False: wrong, None: "  not measured by this engine"}[line.ok]
        print(f"{line.scan:<22}{line.name:<16}{line.true:>9.2f}{value:>10}{error:>9}  {line.bound}{verdict}")


def _pages(plans: Sequence[Plan], address: str) -> Iterator[str]:
    """As the clinician: log in, open each patient with phantoms, read the latest lesion %."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    login = browser.open(f"{address}login/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login)
    name = users.ACCOUNTS[0].name
    form = {
        "csrfmiddlewaretoken": token.group(1) if token else "",
        "username": name,
        "password": users.published_password(name),
    }
    data = urllib.parse.urlencode(form).encode()
    if browser.open(f"{address}login/", data, timeout=30).url != address:
        yield "the clinician cannot log in"
        return
    for code in sorted({plan.person.code for plan in plans}):
        with browser.open(f"{address}patients/{code}/", timeout=60) as reply:
            page = reply.read().decode()
        latest = Quantification.objects.filter(current=True, series__study__patient__code=code)
        number = latest.order_by("-series__study__date").values_list("lesion_percent", flat=True).first()
        if number is None or decimals(number, 1) not in page:
            yield f"the page of {code} does not show its lesion {number} %"
