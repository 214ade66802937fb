"""The invented cohort as rows: one transaction, so that a start that breaks leaves nothing behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from ildportal.demo import cohort, people, showcase
from ildportal.demo.people import YEAR
from ildportal.demo.records import Fact, Record
from patients import services
from patients.models import (
    Antibody,
    ClinicalEvent,
    Consent,
    CTAssessment,
    CTStudy,
    Diagnosis,
    Observation,
    Patient,
    PulmonaryFunctionTest,
    Site,
    Source,
    SymptomAssessment,
    Treatment,
)
from patients.models.fields import ClinicalRecord
from quant.services import record_simulated
from quant.simulated import SimulatedScan

ISSUER = "ILD-DEMO"
# Columns that are decimals in the database: how many places they keep.
PLACES = {
    "height_cm": 1, "weight_kg": 1, "fvc_l": 3, "fev1_l": 3, "mef2575_l_s": 3, "dlco_mmol_min_kpa": 4,
    "kco_mmol_min_kpa_l": 4, "va_l": 3, "tlc_l": 3, "rv_l": 3, "frc_l": 3, "haemoglobin_g_dl": 1, "dose": 3,
    "pack_years": 1,
}  # fmt: skip
# All of them have a patient; ClinicalRecord, which they share, has none.
TABLES: Mapping[str, Any] = {
    "diagnoses": Diagnosis,
    "antibodies": Antibody,
    "pfts": PulmonaryFunctionTest,
    "symptoms": SymptomAssessment,
    "observations": Observation,
    "treatments": Treatment,
    "events": ClinicalEvent,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands in the database: `fresh` when this call wrote it, and the last day of the cohort."""

    fresh: bool
    until: date
    counts: Mapping[str, int]


class ForeignPatients(Exception):
    """The database holds patients who were not invented here."""


def load_cohort(until: date | None = None, say: Callable[[str], None] = print, *, among_others: bool = False) -> Loaded:
    """Writes the cohort unless it is there. `until` is the last day of a cohort to be written; default today.

    Raises ForeignPatients when there are other patients and no cohort yet, unless `among_others`.
    """
    there = last_day()
    if there:
        return Loaded(False, there, count())
    if not among_others and Patient.objects.exists():
        raise ForeignPatients("this database holds patients already, the invented ones do not belong among them")
    last = until or timezone.localdate()
    say("inventing 120 patients")
    records = cohort.generate(last)
    with transaction.atomic():
        write(records, say)
    return Loaded(True, last, count())


def last_day() -> date | None:
    """The last day of the cohort in the database, from a birth date that was made from it; None without one."""
    story = showcase.PROGRESSING
    known = Patient.objects.filter(code=story.code, source=Source.DEMO).values_list("birth_date", flat=True).first()
    return known + timedelta(days=round(story.age * YEAR)) if known else None


def count() -> dict[str, int]:
    """Demonstration patients, and rows of each table about them."""
    patients = Patient.objects.filter(source=Source.DEMO)
    return {"patients": patients.count()} | {
        name: table.objects.filter(patient__in=patients).count() for name, table in TABLES.items()
    }


@transaction.atomic
def write(records: Sequence[Record], say: Callable[[str], None]) -> None:
    sites = _sites()
    patients = services.record_many(_patient(record, sites) for record in records)
    pairs = list(zip(patients, records, strict=True))
    for name, table in TABLES.items():
        say(f"writing {name}")
        rows = [table(patient=patient, **_columns(fact)) for patient, record in pairs for fact in getattr(record, name)]
        written = services.record_many(_with_source(rows))
        if table is PulmonaryFunctionTest:
            _follow([row for row in written if isinstance(row, PulmonaryFunctionTest)])
    say("writing simulated CT numbers")
    scans = [
        SimulatedScan(patient=patient, day=scan.day, series=scan.series, document=scan.document)
        for patient, record in pairs
        for scan in record.scans
    ]
    # In the order in which they were taken: the newest comes first on the worklist.
    record_simulated(sorted(scans, key=lambda scan: scan.day))
    services.record_many(_with_source(_readings(pairs)))
    services.record_many(_with_source(_consents(pairs)))
    for patient, record in pairs:
        if record.volumes:
            services.add_identifier(patient, ISSUER, patient.code)


def _sites() -> dict[str, Site]:
    return {
        code: Site.objects.get_or_create(code=code, defaults={"name": name})[0] for code, name in people.SITES.items()
    }


def _patient(record: Record, sites: Mapping[str, Site]) -> Patient:
    facts = asdict(record.person) | asdict(record.end)
    for name in ("height_cm", "weight_kg"):
        del facts[name]
    return Patient(**_exact(facts | {"site": sites[record.person.site]}), source=Source.DEMO)


def _follow(sessions: Sequence[PulmonaryFunctionTest]) -> None:
    """Findings first: what one of them holds back has no reference value."""
    dates: dict[Patient, list[date]] = defaultdict(list)
    for session in sessions:
        dates[session.patient].append(session.date)
    for patient, days in dates.items():
        services.review(patient, *days)
    services.derive_all(sessions)


def _readings(pairs: Iterable[tuple[Patient, Record]]) -> Iterator[ClinicalRecord]:
    """Of the scans that are on record; those of phantoms come with their scans."""
    there = {(one.patient_id, one.date): one for one in CTStudy.objects.filter(patient__source=Source.DEMO)}
    for patient, record in pairs:
        for reading in record.readings:
            said = dict(reading.values)
            study, prior = (there.get((patient.pk, said.pop(name))) for name in ("scan", "prior"))
            if study:
                yield CTAssessment(study=study, prior_study=prior, **said)


def _consents(pairs: Iterable[tuple[Patient, Record]]) -> list[ClinicalRecord]:
    """Care for all, research for all but every ninth."""
    return [
        Consent(patient=patient, purpose=purpose, given=record.diagnoses[-1].values["date"], version="2")
        for place, (patient, record) in enumerate(pairs)
        for purpose in (("care", "research") if place % 9 else ("care",))
    ]


def _with_source(rows: Iterable[ClinicalRecord]) -> list[ClinicalRecord]:
    found = list(rows)
    for row in found:
        row.source = Source.DEMO
    return found


def _columns(fact: Fact) -> dict[str, Any]:
    return _exact(fact.values)


def _exact(values: Mapping[str, Any]) -> dict[str, Any]:
    """Floats of decimal columns rounded to the places that the column keeps."""
    return {
        name: Decimal(f"{value:.{PLACES[name]}f}") if name in PLACES and value is not None else value
        for name, value in values.items()
    }
