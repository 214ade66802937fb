"""Reads: finding patients, and what is on record about one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, DateField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from patients import derivation
from patients.models import (
    Antibody,
    ClinicalEvent,
    CTStudy,
    DatePrecision,
    DerivedValue,
    Diagnosis,
    FindingKind,
    Patient,
    PFTFinding,
    PulmonaryFunctionTest,
    Treatment,
)
from patients.models.function import Measure

# The measures for which a site chooses the equation set; the others have one each.
SITES_CHOICE = (Measure.FVC, Measure.FEV1, Measure.FEV1_FVC)


@dataclass(frozen=True, slots=True)
class CourseEvent:
    """Something that happened to a patient; death and transplant among the rest."""

    date: dt.date
    precision: str
    name: str
    end_date: dt.date | None = None
    text: str = ""
    adjudicated: bool = False


def search(patients: QuerySet[Patient], words: str, *, waiting: bool = False) -> QuerySet[Patient]:
    """Those whose code holds `words`, by code, with `last_ct` and `last_pft` (dates or None).

    waiting: only those with a finding on lung function that waits for a person.
    """
    newest_ct = CTStudy.objects.filter(patient=OuterRef("pk")).order_by().values("patient").annotate(d=Max("date"))
    newest_pft = (
        PulmonaryFunctionTest.objects.filter(patient=OuterRef("pk"))
        .order_by()
        .values("patient")
        .annotate(d=Max("date"))
    )
    found = patients.filter(code__icontains=words) if words else patients
    found = found.filter(pk__in=waiting_for(PFTFinding.objects.all())) if waiting else found
    return (
        found.select_related("site")
        .annotate(
            last_ct=Subquery(newest_ct.values("d"), output_field=DateField()),
            last_pft=Subquery(newest_pft.values("d"), output_field=DateField()),
        )
        .order_by("code")
    )


def by_code(patients: QuerySet[Patient], code: str) -> Patient | None:
    """The one patient with exactly this code, capitals or not."""
    found = list(patients.filter(code__iexact=code)[:2])
    return found[0] if len(found) == 1 else None


def diagnoses(patients: Iterable[Patient]) -> dict[int, Diagnosis]:
    """The diagnosis that counts of each: the latest one."""
    latest = Diagnosis.objects.filter(patient__in=patients).order_by("patient", "-date", "-pk").distinct("patient")
    return {one.patient_id: one for one in latest}


def antibodies(patient: Patient) -> list[Antibody]:
    """The latest result of each antibody, positive ones first."""
    newest_first = F("date").desc(nulls_last=True)
    latest = patient.antibodies.order_by("code", "text", newest_first, "-pk").distinct("code", "text")
    return sorted(latest, key=lambda one: (one.result != "positive", one.code.lower()))


def age(patient: Patient, today: dt.date) -> int | None:
    """Whole years today, or at death."""
    born, until = patient.birth_date, min(patient.death_date or today, today)
    if born is None:
        return None
    return until.year - born.year - ((until.month, until.day) < (born.month, born.day))


def lung_function(patient: Patient) -> list[PulmonaryFunctionTest]:
    """Every session, oldest first; one before a bronchodilator precedes the one after it."""
    return list(patient.pfts.order_by("date", F("time").asc(nulls_first=True), "-bronchodilator", "pk"))


def references(
    pfts: Iterable[PulmonaryFunctionTest], spirometry: str | None = None
) -> dict[int, dict[str, DerivedValue]]:
    """By session, then by measure, the reference values that count.

    Args:
        spirometry: the equation set of spirometry; default the choice of the patient's site.
    """
    found: dict[int, dict[str, DerivedValue]] = {pft.pk: {} for pft in pfts}
    counts = ~Q(measure__in=SITES_CHOICE) | Q(equation_set=spirometry or F("pft__patient__site__spirometry_set"))
    rows = DerivedValue.objects.filter(counts, pft__in=list(found))
    for row in rows:
        found[row.pft_id][row.measure] = row
    return found


def why_not(pft: PulmonaryFunctionTest) -> dict[str, str]:
    """By measure, why a value that was measured has no reference value; empty when all have one."""
    refusals = derivation.compute([pft], derivation.held([pft.pk]))[0].refusals
    return {refusal.measure.value: refusal.reason for refusal in refusals}


def findings(rows: QuerySet[PFTFinding]) -> QuerySet[PFTFinding]:
    """`rows` with `waiting`, whether a person should look.

    Nobody should at a note, at what was accepted, or at one of two values of a date when the other was accepted.
    """
    other = PFTFinding.objects.filter(
        code=OuterRef("code"),
        field=OuterRef("field"),
        blocks=True,
        pft__patient=OuterRef("pft__patient"),
        pft__date=OuterRef("pft__date"),
        accepted_at__isnull=False,
    )
    decided = Q(accepted_at__isnull=False) | Q(kind=FindingKind.NOTE) | (Q(blocks=True) & Exists(other))
    waiting: dict[str, Any] = {"waiting": Case(When(decided, then=False), default=True, output_field=BooleanField())}
    return rows.annotate(**waiting)


def waiting_for(rows: QuerySet[PFTFinding]) -> QuerySet[PFTFinding, int]:
    """The primary keys of the patients of those of `rows` that wait for a person."""
    return findings(rows).filter(Q(("waiting", True))).values_list("pft__patient", flat=True).distinct()


def findings_of(patient: Patient) -> list[PFTFinding]:
    """Everything that was found about a patient's sessions, with who accepted it; oldest session first."""
    found = findings(PFTFinding.objects.filter(pft__patient=patient))
    return list(found.select_related("accepted_by", "pft").order_by("pft__date", "pft", "field", "code"))


def open_findings(patient: Patient) -> list[PFTFinding]:
    """Those that wait for a person."""
    return [one for one in findings_of(patient) if one.waiting]


def treatments(patient: Patient) -> list[Treatment]:
    """Ongoing ones first, then the latest."""
    return list(patient.treatments.order_by(F("stop").desc(nulls_first=True), "-start", "pk"))


def on_treatment(treatment: Treatment, today: dt.date) -> bool:
    return treatment.start <= today and (treatment.stop is None or today < treatment.stop)


def course(patient: Patient) -> list[CourseEvent]:
    """Events, transplant and death, newest first."""
    found = [_event(event) for event in patient.events.all()]
    if patient.transplant_date:
        found.append(CourseEvent(patient.transplant_date, DatePrecision.DAY, _("lung transplant")))
    if patient.death_date:
        found.append(CourseEvent(patient.death_date, patient.death_precision, _("death"), text=patient.death_cause))
    return sorted(found, key=lambda event: event.date, reverse=True)


def _event(event: ClinicalEvent) -> CourseEvent:
    name = event.get_type_display()
    if event.certainty:
        name = f"{name} ({event.get_certainty_display()})"
    return CourseEvent(event.date, event.date_precision, name, event.end_date, event.text, event.adjudicated)


def ct_studies(patient: Patient) -> list[CTStudy]:
    """Newest first; undated ones on top, they need a look."""
    return list(patient.ct_studies.order_by(F("date").desc(nulls_first=True), "-pk"))


def is_before_bronchodilator(session: PulmonaryFunctionTest) -> bool:
    """The rules and the key numbers read these; a session that does not say is one."""
    return session.bronchodilator != "post"


def flagged_grade(grade: str) -> bool:
    """ATS/ERS grades D to F, and U (usable, not acceptable), are drawn hollow and left out of fits and rules."""
    return grade in {"D", "E", "F", "U"}
