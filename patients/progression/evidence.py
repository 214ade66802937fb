"""One criterion of a rule with what it was read from, and the changes of lung function as such."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import Any

from patients.progression.logic import Truth, reaches
from patients.progression.months import months_between
from patients.progression.settings import FvcBasis, Settings
from patients.progression.visits import Change, Pair

MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Evidence:
    """A criterion between `since` and `until`, with its result; numbers where it rests on numbers.

    before, after, absolute: in `unit`; relative: in % of `before`; basis: what was compared, or whose word it is.
    needs: what would settle it while it is not known, as a noun phrase.
    """

    code: str
    criterion: str
    result: Truth
    words: str
    basis: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    before: float | None = None
    after: float | None = None
    unit: str = ""
    absolute: float | None = None
    relative: float | None = None
    note: str = ""
    needs: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Dates as ISO text; `result` true, false or null."""
        dates = {"since": _iso(self.since), "until": _iso(self.until)}
        return asdict(self) | dates


def fvc_relative(code: str, percent: float, pair: Pair | None, settings: Settings) -> Evidence:
    """Fall of FVC by `percent` % of the earlier value or more, on the basis of the settings."""
    found = pair.fvc(settings.fvc_basis) if pair else None
    criterion = f"FVC \u2265 {percent:g} % down, relative"
    needs = "FVC at two usable visits inside the window, with one equation set"
    made = _relative(code, criterion, percent, found, needs)
    return _with_note(made, _other_basis(percent, pair, settings, made.result))


def dlco_relative(code: str, percent: float, pair: Pair | None, settings: Settings) -> Evidence:
    """Fall of DLCO % predicted by `percent` % of the earlier value or more."""
    found = pair.dlco(settings.uncorrected_dlco) if pair else None
    made = _relative(code, f"DLCO \u2265 {percent:g} % down, relative", percent, found, _dlco_needs(settings, pair))
    return _uncorrected(made, pair)


def fvc_points(code: str, points: float, pair: Pair | None) -> Evidence:
    """Fall of FVC by `points` percentage points of % predicted or more."""
    found = pair.fvc() if pair else None
    needs = "FVC % predicted at two usable visits inside the window, with one equation set"
    return _points(code, f"FVC \u2265 {points:g} points down", points, found, needs)


def dlco_points(code: str, points: float, pair: Pair | None, settings: Settings) -> Evidence:
    """Fall of DLCO by `points` percentage points of % predicted or more."""
    found = pair.dlco(settings.uncorrected_dlco) if pair else None
    made = _points(code, f"DLCO \u2265 {points:g} points down", points, found, _dlco_needs(settings, pair))
    return _uncorrected(made, pair)


def figure(value: float, *limits: float) -> str:
    """`value` with one decimal, or as many more as keep it on its side of the limits: 9.96 is not 10.0."""
    for decimals in range(1, MOST_DECIMALS):
        shown = round(value, decimals)
        if all(reaches(shown, limit) is reaches(value, limit) for limit in limits):
            return f"{shown:.{decimals}f}"
    return f"{value:.{MOST_DECIMALS}f}"


def number(value: float, unit: str) -> str:
    """A measured value as it is read: two decimals of a litre, one of a percentage."""
    return f"{value:.2f}" if unit == "L" else f"{value:.1f}"


def period_words(change: Change) -> str:
    return f"{change.since} to {change.until}, {months_between(change.since, change.until):.1f} months"


def _relative(code: str, criterion: str, percent: float, change: Change | None, needs: str) -> Evidence:
    result = reaches(-change.relative, percent) if change else None
    words = _words(change, f"{figure(abs(change.relative), percent)} % (relative)") if change else ""
    return _of(code, criterion, result, change, words, needs)


def _points(code: str, criterion: str, points: float, change: Change | None, needs: str) -> Evidence:
    result = reaches(-change.absolute, points) if change else None
    words = _words(change, f"{figure(abs(change.absolute), points)} points (absolute)") if change else ""
    return _of(code, criterion, result, change, words, needs)


def _of(code: str, criterion: str, result: Truth, change: Change | None, words: str, needs: str) -> Evidence:
    if change is None:
        return Evidence(code, criterion, None, f"{criterion}: not known", needs=needs)
    return Evidence(
        code=code,
        criterion=criterion,
        result=result,
        words=words,
        basis=change.basis,
        since=change.since,
        until=change.until,
        before=change.before,
        after=change.after,
        unit=change.unit,
        absolute=change.absolute,
        relative=change.relative,
    )


def _words(change: Change, by: str) -> str:
    name = change.basis.split(" % predicted")[0].removesuffix(" in litres")
    if change.absolute == 0:
        return f"{name} stayed at {number(change.before, change.unit)} {change.unit} ({period_words(change)})"
    moved = "fell" if change.absolute < 0 else "rose"
    values = f"{number(change.before, change.unit)} to {number(change.after, change.unit)} {change.unit}"
    return f"{name} {moved} by {by}, from {values} ({period_words(change)})"


def _dlco_needs(settings: Settings, pair: Pair | None) -> str:
    visits = f"on {pair.earlier.date} and {pair.later.date}" if pair else "at both visits"
    return f"DLCO {visits}" + ("" if settings.uncorrected_dlco else ", with haemoglobin")


def _other_basis(percent: float, pair: Pair | None, settings: Settings, result: Truth) -> str:
    """A warning where litres and % predicted disagree."""
    other = next(basis for basis in FvcBasis if basis is not settings.fvc_basis)
    change = pair.fvc(other) if pair else None
    if change is None or result is None or reaches(-change.relative, percent) is result:
        return ""
    said = "met" if not result else "not met"
    return f"On the other basis ({change.basis}) the change is {figure(change.relative, -percent)} %: {said}"


def _with_note(made: Evidence, note: str) -> Evidence:
    return replace(made, note=note) if note else made


def _uncorrected(made: Evidence, pair: Pair | None) -> Evidence:
    """Says that DLCO was there and why it does not decide."""
    if made.result is not None or pair is None or pair.dlco(uncorrected=True) is None:
        return made
    return replace(made, note="DLCO was measured, but not corrected for haemoglobin at both visits")


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
