"""Whose scan is it? The rules of docs/intake.md: match by keyed lookup, hold what contradicts itself."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from patients import crypto, services
from patients.intake.header import InstanceHeader
from patients.life import last_day
from patients.models import HoldCode, Patient, Sex, Source

# What exports write into PatientID when they take the real one away: it is nobody's number.
PLACEHOLDERS = re.compile(r"(anon(ym\w*)?|unknown|none|n/?a|no ?name|0+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the headers name. ``sex`` is F, M or "" (other and unknown are no evidence)."""

    issuer: str
    patient_id: str
    family_name: str
    given_name: str
    birth_date: dt.date | None
    sex: str

    def to_json(self) -> str:
        """For the person who links a held study; kept encrypted."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Held:
    """The study waits for a person. The reason holds no identifier."""

    code: HoldCode
    reason: str


@dataclass(frozen=True, slots=True)
class Owner:
    """The study is this patient's, who may have been made for it."""

    patient: Patient
    created: bool


def identity_of(headers: Iterable[InstanceHeader]) -> Identity | Held:
    """The one identity of all headers, or why there is none."""
    found = list(headers)
    named = {(h.issuer, h.patient_id) for h in found}
    births = {h.birth_date for h in found if h.birth_date}
    sexes = {h.sex for h in found if h.sex in Sex.values}
    if len(named) > 1 or len(births) > 1 or len(sexes) > 1:
        return Held(HoldCode.CONFLICT, "The slices of this study name different patients.")
    issuer, patient_id = named.pop()
    return Identity(
        issuer=issuer,
        patient_id="" if PLACEHOLDERS.fullmatch(patient_id) else patient_id,
        family_name=next((h.family_name for h in found if h.family_name), ""),
        given_name=next((h.given_name for h in found if h.given_name), ""),
        birth_date=births.pop() if births else None,
        sex=sexes.pop() if sexes else "",
    )


@transaction.atomic
def owner_of(
    identity: Identity, date: dt.date | None, *, told: Patient | None = None, create: bool = True, detail: str = ""
) -> Owner | Held:
    """The patient to whom a study of ``date`` belongs, else why it is held.

    Args:
        told: the patient whom a person named for scans without PatientID or with an unknown one.
        create: make a new patient for an unknown PatientID; a receiver may hold instead.
        detail: where the scan came from, kept with a patient made for it.
    """
    known = None
    if identity.patient_id:
        _lock(identity)
        known = services.find_patient(identity.issuer, identity.patient_id)
    if told and known and told != known:
        return Held(HoldCode.CONFLICT, f"Its PatientID is that of {known.code}, not of {told.code}.")
    patient = told or known
    if patient is None:
        return _unknown(identity, date, create, detail)
    objection = _objection(patient, identity, date) or _completed(patient, identity)
    if objection:
        return objection
    if identity.patient_id and known is None:
        services.add_identifier(patient, identity.issuer, identity.patient_id)
    return Owner(patient, created=False)


def _lock(identity: Identity) -> None:
    """Two first scans of one patient that arrive at once must not make two patients."""
    with connection.cursor() as cursor:
        key = crypto.lookup(identity.issuer, identity.patient_id)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"patient {key}"])


def _unknown(identity: Identity, date: dt.date | None, create: bool, detail: str) -> Owner | Held:
    if not identity.patient_id:
        return Held(HoldCode.NO_PATIENT_ID, "PatientID is missing or a placeholder: name the patient (--patient CODE).")
    if not create:
        return Held(HoldCode.UNKNOWN_PATIENT, "No patient has this PatientID, and new ones are not made here.")
    if identity.birth_date and identity.birth_date > (date or timezone.localdate()):
        return Held(HoldCode.OUTSIDE_LIFE, "The birth date in the headers lies after the scan.")
    patient = services.create_patient(
        family_name=identity.family_name,
        given_name=identity.given_name,
        birth_date=identity.birth_date,
        sex=identity.sex,
        source=Source.DICOM,
        source_detail=detail,
    )
    services.add_identifier(patient, identity.issuer, identity.patient_id)
    return Owner(patient, created=True)


def _objection(patient: Patient, identity: Identity, date: dt.date | None) -> Held | None:
    """What speaks against this patient: sex, birth date, a scan before birth or after death."""
    differing = [
        words
        for words, mine, theirs in (
            ("sex", patient.sex, identity.sex),
            ("birth date", patient.birth_date, identity.birth_date),
        )
        if mine and theirs and mine != theirs
    ]
    if differing:
        verb = "differs" if len(differing) == 1 else "differ"
        return Held(HoldCode.CONFLICT, f"{' and '.join(differing).capitalize()} {verb} from {patient.code}'s.")
    born = patient.birth_date or identity.birth_date
    if date and born and date < born:
        return Held(HoldCode.OUTSIDE_LIFE, f"The scan is dated before the birth of {patient.code}.")
    if date and patient.death_date and date > last_day(patient.death_date, patient.death_precision):
        return Held(HoldCode.OUTSIDE_LIFE, f"The scan is dated after the death of {patient.code}.")
    return None


def _completed(patient: Patient, identity: Identity) -> Held | None:
    """Fill in sex and birth date where the record has none, so that the next scan can be checked against them."""
    fresh = {
        field: theirs
        for field, theirs in (("sex", identity.sex), ("birth_date", identity.birth_date))
        if theirs and not getattr(patient, field)
    }
    if not fresh:
        return None
    try:
        with transaction.atomic():
            Patient.objects.filter(pk=patient.pk).update(**fresh)
    except IntegrityError:
        return Held(HoldCode.CONFLICT, f"The birth date in the headers contradicts the record of {patient.code}.")
    services.derive_patient(patient)
    return None
