"""Symptoms and CT inside a stretch of time: what got worse, by whose word, and what is not known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from patients.progression.evidence import Evidence
from patients.progression.history import CTMeasure, CTReading, History, Symptoms
from patients.progression.logic import Truth, any_of, exceeds
from patients.progression.settings import Settings
from patients.progression.thresholds import CAUTION, PUBLISHED

ASSESSMENT, READER = "symptom assessment", "reader's CT assessment"
MORE_FIBROSIS_SIGNS = (
    "traction_bronchiectasis_more",
    "new_fine_reticulation",
    "reticulation_more",
    "honeycombing_more",
)
PPF_SIGNS = (
    "traction_bronchiectasis_more",
    "new_ggo_with_traction",
    "new_fine_reticulation",
    "reticulation_more",
    "honeycombing_more",
    "volume_loss_more",
)
SIGN_WORDS = {
    "traction_bronchiectasis_more": "more traction bronchiectasis",
    "new_ggo_with_traction": "new ground glass with traction bronchiectasis",
    "new_fine_reticulation": "new fine reticulation",
    "reticulation_more": "reticulation more extensive or coarser",
    "honeycombing_more": "honeycombing new or increased",
    "volume_loss_more": "more lobar volume loss",
    "fibrosis_more": "more fibrosis",
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of a history from `start` to `end`, both included.

    A change "since the previous time" that is dated `start` happened before it and does not count.
    history: oldest first. seen: the dates of the usable visits inside.
    at_end: read how things stand at `end` (worse until better, latest CT), not whether they ever got worse inside.
    """

    history: History
    seen: tuple[dt.date, ...]
    settings: Settings
    start: dt.date
    end: dt.date
    at_end: bool = False

    def after_start(self, day: dt.date) -> bool:
        return self.start < day <= self.end

    def inside(self, day: dt.date | None) -> bool:
        return day is not None and self.start <= day <= self.end

    def speaks(self, day: dt.date, days: int) -> bool:
        """Whether a finding of no change on that day covers the visits inside: after the first, up to the last."""
        if not self.seen:
            return True
        covers_last = day >= self.seen[-1] - dt.timedelta(days=days)
        return covers_last and (day > self.seen[0] or len(self.seen) == 1)


def symptoms(period: Period) -> Evidence:
    """Worse respiratory symptoms: dyspnoea or cough said to be worse, or a higher mMRC where dyspnoea is not said."""
    inside = [(one, _worse(one, period.history)) for one in period.history.symptoms]
    stated = [(one, worse) for one, worse in inside if period.after_start(one.date)]
    last = _last_worse(stated, at_end=period.at_end)
    criterion = "Symptoms worse"
    if last:
        words = f"symptoms were worse {_when(last)} ({_symptom_words(last)})"
        return Evidence("symptoms", criterion, True, words, ASSESSMENT, until=last.date, note=_dated(last))
    known = [(one, worse) for one, worse in stated if worse is not None]
    # What was worse and has been taken back since, without all being known again, is not "not worse".
    if known and not known[-1][1] and period.speaks(known[-1][0].date, period.settings.symptoms_days):
        settled = known[-1][0]
        words = f"symptoms were not worse ({_when(settled).removeprefix('on ')})"
        return Evidence("symptoms", criterion, False, words, ASSESSMENT, until=settled.date, note=_dated(settled))
    return Evidence("symptoms", criterion, None, "change of symptoms not recorded", needs=_needs_symptoms(period))


def fibrosis(period: Period) -> Evidence:
    """More fibrosis on CT: the reader's word where there is one for a scan, else the engine's fibrosis %."""
    return _on_ct(period, "fibrosis", "More fibrosis on CT", more_fibrosis, engine_settles=True)


def radiology(period: Period) -> Evidence:
    """Any of the six signs of PPF 2022; the engine's fibrosis % can show them (more extent), never rule them out."""
    return _on_ct(period, "radiology", "Progression on CT", ppf_signs, engine_settles=False)


def fibrosis_present(period: Period) -> Evidence:
    """Fibrosis on a scan up to the end of the period, by a reader; the latest word counts."""
    read = [one for one in period.history.readings if one.date <= period.end]
    known = [one for one in read if one.fibrosis_present is not None]
    needs = f"a reader's word on whether a CT up to {period.end} shows fibrosis"
    return _word("present", "Fibrosis on CT", _last_scan(known), lambda one: one.fibrosis_present, ("", "no "), needs)


def no_alternative(period: Period) -> Evidence:
    """No other explanation of the change, by the latest reader's word on a scan inside the period."""
    read = [one for one in period.history.readings if period.after_start(one.date)]
    known = [one for one in read if one.alternative_explanation is not None]
    return _word(
        "alternative",
        "No alternative explanation",
        _last_scan(known),
        lambda one: not one.alternative_explanation,
        ("no other explanation of the change", "another explanation of the change"),
        f"a reader's word, on a CT after {period.start}, on whether something else explains the change",
    )


def more_fibrosis(reading: CTReading) -> Truth:
    """The overall word if there is one, else whether any sign of more fibrosis is; ground glass never is one."""
    if reading.fibrosis_more is not None:
        return reading.fibrosis_more
    return any_of(getattr(reading, sign) for sign in MORE_FIBROSIS_SIGNS)


def ppf_signs(reading: CTReading) -> Truth:
    """Any of the six; "more fibrosis overall" implies more extent, its absence does not rule out the others."""
    if reading.fibrosis_more:
        return True
    return any_of(getattr(reading, sign) for sign in PPF_SIGNS)


Read = Callable[[CTReading], Truth]


def _on_ct(period: Period, code: str, criterion: str, read: Read, *, engine_settles: bool) -> Evidence:
    readings = [one for one in period.history.readings if period.after_start(one.date)]
    within = [one for one in readings if one.prior is None or one.prior >= period.start]
    denied = {one.date for one in readings if read(one) is False}
    if worse := [one for one in within if read(one) and one.date not in denied]:
        return _reader_says(code, criterion, True, worse[-1])
    disputed = {one.date for one in within if read(one)}
    compared = [two for two in _comparable(period) if two[1].date not in denied]
    by_engine = [(two, _beyond_limit(*two, period.settings)) for two in compared]
    if grown := [two for two, beyond in by_engine if beyond]:
        return _engine_says(code, criterion, True, grown[-1], period.settings)
    settled: list[tuple[dt.date, Evidence]] = [
        (one.date, _reader_says(code, criterion, False, one))
        for one in readings
        if read(one) is False and one.date not in disputed
    ]
    if engine_settles:
        settled += [
            (two[1].date, _engine_says(code, criterion, False, two, period.settings))
            for two, beyond in by_engine
            if beyond is False and _first_of(two[1], compared) == two
        ]
    last = max(settled, key=lambda one: one[0], default=None)
    if disputed and (last is None or last[0] < max(disputed)):
        return _disagreement(code, criterion, max(disputed))
    if last and period.speaks(last[0], period.settings.ct_days):
        return last[1]
    return Evidence(code, criterion, None, *_ct_unknown(period, by_engine), needs=_needs_reader(period))


def _inside_a_sentence(criterion: str) -> str:
    return criterion[0].lower() + criterion[1:]


def _disagreement(code: str, criterion: str, day: dt.date) -> Evidence:
    """Two readers of one scan who contradict each other: neither counts."""
    words = f"{_inside_a_sentence(criterion)}: the readers of the CT of {day} disagree"
    return Evidence(
        code, criterion, None, words, READER, until=day, needs=f"one word of the readers of the CT of {day}"
    )


def _comparable(period: Period) -> list[tuple[CTMeasure, CTMeasure]]:
    """Two accepted measures made the same way, both inside; at the end only those that end at the latest one."""
    inside = [one for one in period.history.measures if period.inside(one.date)]
    usable = [one for one in inside if one.accepted and one.fibrosis_percent is not None]
    if period.at_end and usable:
        return [(one, usable[-1]) for one in usable[:-1] if _alike(one, usable[-1])]
    return [(one, two) for place, two in enumerate(usable) for one in usable[:place] if _alike(one, two)]


def _alike(one: CTMeasure, two: CTMeasure) -> bool:
    return one.method == two.method and one.date < two.date


def _first_of(later: CTMeasure, compared: Sequence[tuple[CTMeasure, CTMeasure]]) -> tuple[CTMeasure, CTMeasure] | None:
    """The comparison of `later` over the longest stretch: no change over a part of it says less."""
    return next((two for two in compared if two[1] == later), None)


def _beyond_limit(before: CTMeasure, after: CTMeasure, settings: Settings) -> Truth:
    if before.fibrosis_percent is None or after.fibrosis_percent is None or after.limit is None:
        return None
    threshold = PUBLISHED[settings.ct_threshold] if settings.ct_threshold else None
    if threshold and not threshold.crossed(before.fibrosis_percent, after.fibrosis_percent):
        return False
    return exceeds(after.fibrosis_percent - before.fibrosis_percent, after.limit)


def _reader_says(code: str, criterion: str, result: bool, one: CTReading) -> Evidence:
    signs = [SIGN_WORDS[name] for name in SIGN_WORDS if getattr(one, name)]
    said = ", ".join(signs) if result else f"no {'progression' if code == 'radiology' else 'more fibrosis'}"
    against = f" against {one.prior}" if one.prior else ""
    basis = f"{READER} ({one.reader})" if one.reader else READER
    words = f"the reader saw {said} on the CT of {one.date}{against}"
    note = "" if one.prior or not result else "No dated prior CT is named: the change is taken as new"
    return Evidence(code, criterion, result, words, basis, since=one.prior, until=one.date, note=note)


def _engine_says(
    code: str, criterion: str, result: bool, two: tuple[CTMeasure, CTMeasure], settings: Settings
) -> Evidence:
    before, after = two
    first, last = before.fibrosis_percent or 0.0, after.fibrosis_percent or 0.0
    limit = f"repeatability limit {after.limit:g} points"
    if settings.ct_threshold:
        limit += f", and threshold {settings.ct_threshold}"
    verb = "rose" if result else "did not measurably rise"
    words = f"fibrosis {verb} from {first:.1f} to {last:.1f} % of the lungs ({before.date} to {after.date}; {limit})"
    return Evidence(
        code=code,
        criterion=criterion,
        result=result,
        words=words,
        basis=f"engine {after.engine}, fibrosis %".replace("  ", " "),
        since=before.date,
        until=after.date,
        before=first,
        after=last,
        unit="% of lung volume",
        absolute=last - first,
        relative=100 * (last - first) / first if first else None,
        note=_limit_note(after, settings),
    )


def _limit_note(after: CTMeasure, settings: Settings) -> str:
    threshold = f". The threshold is {CAUTION}" if settings.ct_threshold else ""
    return f"By {after.engine or 'the engine'}, whose repeatability limit is {after.limit:g} points{threshold}"


def _ct_unknown(period: Period, by_engine: Sequence[tuple[tuple[CTMeasure, CTMeasure], Truth]]) -> tuple[str, str]:
    """(words, basis) for change on CT that is not known."""
    if any(beyond is None for _two, beyond in by_engine):
        return "no reader's word on the CT, and the engine's repeatability limit is not known", ""
    measured = [one for one in period.history.measures if period.inside(one.date)]
    if len({one.method for one in measured}) > 1:
        return "no reader's word on the CT, and the scans were measured in different ways", ""
    if any(not one.accepted for one in measured):
        return "no reader's word on the CT, and a measurement needs review", ""
    return "change on CT not recorded", ""


def _word(
    code: str, criterion: str, last: Sequence[CTReading], read: Read, said: tuple[str, str], needs: str
) -> Evidence:
    if not last:
        return Evidence(code, criterion, None, f"{_inside_a_sentence(criterion)}: not recorded", needs=needs)
    if len({read(one) for one in last}) > 1:
        return _disagreement(code, criterion, last[0].date)
    one, result = last[0], read(last[0])
    words = f"{said[0] if result else said[1]}{'fibrosis' if code == 'present' else ''} on the CT of {one.date}"
    return Evidence(code, criterion, result, words, READER, until=one.date)


def _last_scan(readings: Sequence[CTReading]) -> Sequence[CTReading]:
    """The readings of the last scan among them; `readings` oldest first."""
    return [one for one in readings if one.date == readings[-1].date]


def _worse(one: Symptoms, history: History) -> Truth:
    said = {"worse": True, "better": False, "same": False}
    dyspnoea = said.get(one.dyspnoea)
    if dyspnoea is None and one.mmrc is not None:
        graded = [two for two in history.symptoms if two.date < one.date and two.mmrc is not None]
        dyspnoea = one.mmrc > (graded[-1].mmrc or 0) if graded else None
    return any_of((dyspnoea, said.get(one.cough)))


def _last_worse(stated: Iterable[tuple[Symptoms, Truth]], *, at_end: bool) -> Symptoms | None:
    """The latest assessment that says worse; at the end one that says better and nothing worse takes it back."""
    found: Symptoms | None = None
    for one, worse in stated:
        if worse:
            found = one
        elif at_end and "better" in (one.dyspnoea, one.cough):
            found = None
    return found


def _when(one: Symptoms) -> str:
    return f"about {one.date}" if one.between else f"on {one.date}"


def _dated(one: Symptoms) -> str:
    """That the date is not known to the day."""
    if one.between is None:
        return ""
    return f"Known to lie between {one.between[0]} and {one.between[1]}: the middle is taken"


def _symptom_words(one: Symptoms) -> str:
    named = [name for name in ("dyspnoea", "cough") if getattr(one, name) == "worse"]
    return " and ".join(named) if named else f"mMRC up to {one.mmrc}"


def _needs_symptoms(period: Period) -> str:
    return f"an assessment of dyspnoea and cough {_from(period, period.settings.symptoms_days)}"


def _needs_reader(period: Period) -> str:
    return f"a reader's assessment of a CT {_from(period, period.settings.ct_days)}"


def _from(period: Period, days: int) -> str:
    seen = period.seen
    earliest = max(seen[-1] - dt.timedelta(days=days), period.start) if seen else period.start
    if earliest == dt.date.min:
        return "at a visit"
    return f"between {earliest} and {period.end}"
