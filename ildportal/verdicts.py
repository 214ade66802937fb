"""Rules and scores over patients as the site knows them: clinical records and what their CTs measured."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ildportal.pages import goh
from ildportal.pages.changes import method
from ildportal.pages.goh import Extent
from patients.facts import facts_of
from patients.histories import histories
from patients.models import Patient
from patients.prognosis.score import SCORE_SET, Score
from patients.prognosis.scores import Facts, scores
from patients.progression.history import CTMeasure, History
from patients.progression.rules import verdicts
from patients.progression.settings import Settings
from patients.progression.verdict import RULE_SET, Verdict
from quant import repeatability, selectors
from quant.models import Quantification
from quant.repeatability import Limits

# The portal's choice: a Goh extent stands beside a lung function of another day, so many days away at most.
EXTENT_WITHIN_DAYS = 365
FIBROSIS = "fibrosis_percent"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient stands by every rule and every score.

    facts: what the scores were given, at the latest usable lung function.
    extent, extent_on: the Goh extent among them and the day of its CT.
    measured: the latest measured CT, with the repeatability limit of its engine where that is known.
    simulated: how many CTs were left out because their numbers are invented.
    """

    verdicts: tuple[Verdict, ...]
    scores: tuple[Score, ...]
    facts: Facts
    extent: Extent | None
    extent_on: dt.date | None
    measured: CTMeasure | None
    simulated: int

    @property
    def as_of(self) -> dt.date | None:
        """The last day on which something was recorded that a rule reads; None while there is nothing."""
        return max((one.latest_on for one in self.verdicts if one.latest_on), default=None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it: dates as ISO text, numbers unrounded."""
        days = {"as_of": self.as_of, "scored_on": self.facts.on, "extent_on": self.extent_on}
        return {
            **{name: day.isoformat() if day else None for name, day in days.items()},
            "extent_source": self.extent.source if self.extent else None,
            "extent_made_by": self.extent.made_by if self.extent else None,
            "simulated_cts_left_out": self.simulated,
            "rule_set": RULE_SET,
            "verdicts": [one.to_dict() for one in self.verdicts],
            "score_set": SCORE_SET,
            "scores": [one.to_dict() for one in self.scores],
        }


def standing_of(
    patient: Patient,
    numbers: Sequence[Quantification],
    extents: Mapping[int, Extent],
    limits: Limits | None = None,
) -> Standing:
    """Every verdict and every score of one patient; a fixed number of queries.

    Args:
        patient: whom the visitor may see, with `site`.
        numbers: what the patient's CTs measured, oldest first; invented numbers among them never count.
        extents: Goh scores of those that have them.
        limits: repeatability limits, where they have been read already.
    """
    known = repeatability.limits() if limits is None else limits
    return _standings([patient], {patient.pk: numbers}, extents, known)[patient.pk]


def standings_of(patients: Iterable[Patient]) -> dict[int, Standing]:
    """The same of many by primary key, in as many queries; select `site` with the patients."""
    people = list(patients)
    numbers = selectors.measured([one.pk for one in people])
    extents = goh.extents([one for found in numbers.values() for one in found])
    return _standings(people, numbers, extents, repeatability.limits())


def _standings(
    people: Sequence[Patient],
    numbers: Mapping[int, Sequence[Quantification]],
    extents: Mapping[int, Extent],
    limits: Limits,
) -> dict[int, Standing]:
    real = {one.pk: [each for each in numbers.get(one.pk, ()) if not each.is_simulated] for one in people}
    known = histories(people, {pk: _measures(found, limits) for pk, found in real.items()})
    facts = facts_of(people, known=known)
    return {
        one.pk: _standing(
            known[one.pk], facts[one.pk], real[one.pk], extents, len(numbers.get(one.pk, ())) - len(real[one.pk])
        )
        for one in people
    }


def _standing(
    history: History, facts: Facts, real: Sequence[Quantification], extents: Mapping[int, Extent], simulated: int
) -> Standing:
    scored = _scored(real, extents, facts.on)
    extent, day = (extents[scored.pk], scored.series.study.date) if scored else (None, None)
    facts = replace(facts, goh_extent_percent=extent.mean if extent else None)
    return Standing(
        verdicts=tuple(verdicts(history)),
        scores=tuple(scores(facts)),
        facts=facts,
        extent=extent,
        extent_on=day,
        measured=history.measures[-1] if history.measures else None,
        simulated=simulated,
    )


def verdicts_of(
    patients: Iterable[Patient],
    settings: Mapping[str, Settings] | None = None,
    *,
    limit: float | None = None,
    simulated: bool = False,
) -> dict[int, list[Verdict]]:
    """By primary key one verdict a rule; select `site` with the patients.

    Args:
        patients: whom the visitor may see.
        settings: by the name of a rule, in place of its defaults.
        limit: repeatability limit of fibrosis % in points, in place of those on record for each engine. An engine
            without any never decides.
        simulated: let the invented numbers of the demonstration cohort count.
    """
    people = list(patients)
    measured = selectors.measured([one.pk for one in people])
    limits = repeatability.limits() if limit is None else limit
    measures = {
        pk: _measures([one for one in numbers if simulated or not one.is_simulated], limits)
        for pk, numbers in measured.items()
    }
    return {pk: verdicts(history, settings) for pk, history in histories(people, measures).items()}


def _measures(numbers: Iterable[Quantification], limits: Limits | float) -> list[CTMeasure]:
    return [_measure(one, limits.of(one, FIBROSIS) if isinstance(limits, Limits) else limits) for one in numbers]


def _measure(one: Quantification, limit: float | None) -> CTMeasure:
    day = one.series.study.date
    if day is None:
        raise ValueError(f"quantification {one.pk} is of an undated scan")
    engine = f"{one.engine} {one.engine_version}"
    return CTMeasure(day, one.fibrosis_percent, method(one), accepted=one.accepted, limit=limit, engine=engine)


def _scored(
    numbers: Sequence[Quantification], extents: Mapping[int, Extent], on: dt.date | None
) -> Quantification | None:
    """The latest accepted one with all five levels, near that day."""
    whole = [one for one in numbers if one.accepted and one.pk in extents and extents[one.pk].mean is not None]
    near = [one for one in whole if _near(one.series.study.date, on)]
    return near[-1] if near else None


def _near(scanned: dt.date | None, on: dt.date | None) -> bool:
    return scanned is not None and (on is None or abs((scanned - on).days) <= EXTENT_WITHIN_DAYS)
