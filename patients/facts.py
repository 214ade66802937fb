"""From the records to the scores: what is known of a patient when lung function was last measured."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from patients import selectors
from patients.histories import histories, percents
from patients.life import happened
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
Stay = tuple[dt.date, dt.date, dt.date]
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
    stays: Sequence[Stay],
    extent: float | None,
    read: QuickRead | None,
) -> Facts:
    visits, _excluded = usable(history.pfts, SETTINGS)
    with_fvc = [one for one in visits if one.fvc and one.fvc.percent is not None]
    last = with_fvc[-1] if with_fvc else None
    dlco, uncorrected, dlco_on = _dlco(visits, [pft for pft, _fev1 in sessions], last)
    hospitalised, about = _hospitalised(stays, last)
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
        respiratory_hospitalisation=hospitalised,
        hospitalisation_note=about,
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
    """Of the same session as FVC, or of one of that day as usable."""
    found = [
        percent
        for pft, percent in sessions
        if last and pft.date == last.date and percent is not None
        if selectors.is_before_bronchodilator(pft) and pft.quality_fvc in SETTINGS.grades
    ]
    return found[-1] if found else None


def _dlco(
    visits: Sequence[Visit], sessions: Sequence[PulmonaryFunctionTest], last: Visit | None
) -> tuple[float | NoDlco | None, bool, dt.date | None]:
    """(latest DLCO near the latest FVC, or why there is none; whether it lacks the haemoglobin correction; its day)."""
    if last is None:
        return None, False, None
    measured = [one for one in visits if _near(one.date, last.date) and (one.dlco_hb or one.dlco)]
    told = [pft for pft in sessions if _near(pft.date, last.date) and pft.dlco_not_done_reason]
    why = NO_DLCO.get(told[-1].dlco_not_done_reason) if told else None
    # A patient who cannot any more is worse off than the last value says; a test not ordered since changes nothing.
    if not measured or (why == NoDlco.CANNOT and told[-1].date > measured[-1].date):
        return why, False, None
    latest = measured[-1]
    return _percent(latest.dlco_hb or latest.dlco), latest.dlco_hb is None, latest.date


def _near(day: dt.date, other: dt.date) -> bool:
    return abs((day - other).days) <= DLCO_WITHIN_DAYS


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


def _hospitalised(stays: Sequence[Stay], last: Visit | None) -> tuple[bool | None, str]:
    """(whether lately, what to say of dates known to the month or year only).

    Events are recorded when they happen: none on record is none.
    """
    if last is None:
        return None, ""
    recent = [[_recent(day, last.date) for day in stay] for stay in stays]
    lately = any(middle for _first, middle, _last in recent)
    sure = any(first and end for first, _middle, end in recent)
    possible = any(
        first <= last.date and (last.date - end).days <= HOSPITALISED_WITHIN_DAYS for first, _middle, end in stays
    )
    about = any(first != end and any(seen) for (first, _middle, end), seen in zip(stays, recent, strict=True))
    if not about and sure == possible:
        return lately, ""
    said = "A respiratory hospitalisation is dated to the month or year: the middle is taken"
    return lately, f"{said}." if sure == possible else f"{said}; by another day of that period the points change."


def _recent(day: dt.date, on: dt.date) -> bool:
    return 0 <= (on - day).days <= HOSPITALISED_WITHIN_DAYS


def _sessions(patients: Sequence[Patient]) -> dict[int, list[PulmonaryFunctionTest]]:
    found: dict[int, list[PulmonaryFunctionTest]] = defaultdict(list)
    for pft in PulmonaryFunctionTest.objects.filter(patient__in=patients).order_by("date", "pk"):
        found[pft.patient_id].append(pft)
    return found


def _hospitalisations(patients: Sequence[Patient]) -> dict[int, list[Stay]]:
    found: dict[int, list[Stay]] = defaultdict(list)
    stays = ClinicalEvent.objects.filter(patient__in=patients, type=EventType.RESPIRATORY_HOSPITALISATION)
    for patient, day, precision in stays.values_list("patient_id", "date", "date_precision"):
        found[patient].append(happened(day, precision))
    return found
