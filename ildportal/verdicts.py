"""The progression rules over patients as the site knows them: clinical records and what their CTs measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ildportal.pages.changes import method
from patients.histories import histories
from patients.models import Patient
from patients.progression.history import CTMeasure
from patients.progression.rules import verdicts
from patients.progression.settings import Settings
from patients.progression.verdict import Verdict
from quant import selectors
from quant.models import Quantification


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
        limit: repeatability limit of fibrosis % in points; None while it is not known, then no engine decides.
        simulated: let the invented numbers of the demonstration cohort count.
    """
    people = list(patients)
    measured = selectors.measured([one.pk for one in people])
    measures = {
        pk: [_measure(one, limit) for one in numbers if simulated or not one.is_simulated]
        for pk, numbers in measured.items()
    }
    return {pk: verdicts(history, settings) for pk, history in histories(people, measures).items()}


def _measure(one: Quantification, limit: float | None) -> CTMeasure:
    day = one.series.study.date
    if day is None:
        raise ValueError(f"quantification {one.pk} is of an undated scan")
    engine = f"{one.engine} {one.engine_version}"
    return CTMeasure(day, one.fibrosis_percent, method(one), accepted=one.accepted, limit=limit, engine=engine)
