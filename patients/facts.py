"""From the records to the scores: what is known of a patient when lung function was last measured."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from patients import selectors
from patients.histories import histories, percents
from patients.lungfunction.equations import Measure
from patients.models import ClinicalEvent, EventType, Patient, PulmonaryFunctionTest, Sex
from patients.models.people import Smoking
from patients.prognosis.goh import QuickRead
from patients.prognosis.score import NoDlco
from patients.prognosis.scores import Facts
from patients.progression.history import History
from patients.progression.rules import DEFAULTS
from patients.progression.visits import Value, Visit, usable

DAYS_PER_YEAR = 365.25
# The portal's choices: DLCO of another day than FVC; what counts as 24 weeks; "recent" for a hospitalisation.
DLCO_WITHIN_DAYS = 180
CHANGE_DAYS, CHANGE_TOLERANCE_DAYS = 168, 56
HOSPITALISED_WITHIN_DAYS = 183
NO_DLCO = {"could not perform": NoDlco.CANNOT, "not ordered": NoDlco.NOT_ORDERED}
SETTINGS = DEFAULTS["INBUILD"]


def facts_of(
    patients: Iterable[Patient],
    extents: Mapping[int, float] | None = None,
    reads: Mapping[int, QuickRead] | None = None,
    known: Mapping[int, History] | None = None,
) -> dict[int, Facts]:
    """By primary key, at the latest usable FVC; a fixed number of queries. Select `site` with the patients.

    Args:
        patients: who is asked about.
        extents: Goh extent in % of each that has one.
        reads: a reader's quick read of each that has one.
        known: the histories of all of them, where they are at hand.
    """
    people = list(patients)
    found = histories(people) if known is None else known
    sessions, stays, fev1 = _sessions(people), _hospitalisations(people), percents(people)
    return {
        one.pk: _facts(
            one,
            found[one.pk],
            [(pft, fev1[pft.pk].get(Measure.FEV1)) for pft in sessions[one.pk]],
            stays[one.pk],
            (extents or {}).get(one.pk),
            (reads or {}).get(one.pk),
        )
        for one in people
    }


def _facts(
    patient: Patient,
    history: History,
    sessions: Sequence[tuple[PulmonaryFunctionTest, float | None]],
    stays: Sequence[dt.date],
    extent: float | None,
    read: QuickRead | None,
) -> Facts:
    visits, _excluded = usable(history.pfts, SETTINGS)
    with_fvc = [one for one in visits if one.fvc and one.fvc.percent is not None]
    last = with_fvc[-1] if with_fvc else None
    dlco, uncorrected, dlco_on = _dlco(visits, [pft for pft, _fev1 in sessions], last)
    return Facts(
        male=None if not patient.sex else patient.sex == Sex.MALE,
        age_years=_age(patient, last),
        ever_smoker=None if not patient.smoking else patient.smoking != Smoking.NEVER,
        diagnosis=history.diagnosis,
        fvc_percent=_percent(last.fvc) if last else None,
        fev1_percent=_fev1(sessions, last),
        dlco_percent=dlco,
        dlco_uncorrected=uncorrected,
        fvc_change_24_weeks=_change(with_fvc),
        respiratory_hospitalisation=_hospitalised(stays, last),
        goh_extent_percent=extent,
        goh_quick_read=read,
        on=last.date if last else None,
        dlco_on=dlco_on,
    )


def _age(patient: Patient, last: Visit | None) -> float | None:
    if patient.birth_date is None or last is None:
        return None
    return (last.date - patient.birth_date).days / DAYS_PER_YEAR


def _percent(value: Value | None) -> float | None:
    return value.percent if value else None


def _fev1(sessions: Iterable[tuple[PulmonaryFunctionTest, float | None]], last: Visit | None) -> float | None:
    """Of the same session as FVC."""
    found = [
        percent
        for pft, percent in sessions
        if last and pft.date == last.date and selectors.is_before_bronchodilator(pft) and percent is not None
    ]
    return found[-1] if found else None


def _dlco(
    visits: Sequence[Visit], sessions: Sequence[PulmonaryFunctionTest], last: Visit | None
) -> tuple[float | NoDlco | None, bool, dt.date | None]:
    """(latest DLCO near the latest FVC, or why there is none; whether it lacks the haemoglobin correction; its day)."""
    if last is None:
        return None, False, None
    near = [one for one in visits if abs((one.date - last.date).days) <= DLCO_WITHIN_DAYS]
    for one in reversed(near):
        if value := one.dlco_hb or one.dlco:
            return value.percent, one.dlco_hb is None, one.date
    told = [pft.dlco_not_done_reason for pft in sessions if abs((pft.date - last.date).days) <= DLCO_WITHIN_DAYS]
    return NO_DLCO.get(next((why for why in reversed(told) if why), "")), False, None


def _change(visits: Sequence[Visit]) -> float | None:
    """Points of FVC % predicted since the visit nearest to 24 weeks before the last one, of the same equation set."""
    if not visits or visits[-1].fvc is None:
        return None
    last, now = visits[-1], visits[-1].fvc
    earlier = [
        (abs((last.date - one.date).days - CHANGE_DAYS), one.fvc)
        for one in visits[:-1]
        if one.fvc and one.fvc.equation_set == now.equation_set
    ]
    distance, before = min(earlier, key=lambda one: one[0], default=(CHANGE_TOLERANCE_DAYS + 1, None))
    if distance > CHANGE_TOLERANCE_DAYS or before is None or before.percent is None or now.percent is None:
        return None
    return now.percent - before.percent


def _hospitalised(stays: Sequence[dt.date], last: Visit | None) -> bool | None:
    """Events are recorded when they happen: none on record is none."""
    if last is None:
        return None
    return any(0 <= (last.date - day).days <= HOSPITALISED_WITHIN_DAYS for day in stays)


def _sessions(patients: Sequence[Patient]) -> dict[int, list[PulmonaryFunctionTest]]:
    found: dict[int, list[PulmonaryFunctionTest]] = defaultdict(list)
    for pft in PulmonaryFunctionTest.objects.filter(patient__in=patients).order_by("date", "pk"):
        found[pft.patient_id].append(pft)
    return found


def _hospitalisations(patients: Sequence[Patient]) -> dict[int, list[dt.date]]:
    found: dict[int, list[dt.date]] = defaultdict(list)
    stays = ClinicalEvent.objects.filter(patient__in=patients, type=EventType.RESPIRATORY_HOSPITALISATION)
    for patient, day in stays.values_list("patient_id", "date"):
        found[patient].append(day)
    return found
