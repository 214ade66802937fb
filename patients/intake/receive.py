"""Store a delivery: files and rows of one study together or not at all, twice the same as once."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from patients import services
from patients.intake import describe, link, rows, storage
from patients.intake.assemble import Refusal, StudyGroup, gather
from patients.intake.header import InstanceHeader, Refused
from patients.intake.link import Held, Identity, Owner
from patients.intake.outcome import Delivery, SeriesOutcome, StudyOutcome
from patients.models import CTInstance, CTSeries, CTStudy, Patient, Source

# Scans come from time zones ahead of the server's, too.
FUTURE = dt.timedelta(days=1)


def receive_paths(paths: Iterable[Path], *, told: Patient | None = None, create: bool = True) -> Delivery:
    """Read folders, files and zips, and store what they hold, study by study.

    Args:
        told: whose scans these are where the headers do not say it.
        create: make patients for unknown PatientIDs; otherwise such studies are held.

    Raises:
        OSError: the storage cannot be written; the studies before that one are stored whole.
    """
    with tempfile.TemporaryDirectory(prefix="ildportal-intake-") as workdir:
        assembly = gather(paths, Path(workdir))
        outcomes = [receive(study, told=told, create=create) for study in assembly.studies]
    refused = assembly.refused + [refusal for outcome in outcomes for refusal in outcome.refused]
    return Delivery(outcomes, sorted(refused))


def receive(group: StudyGroup, *, told: Patient | None = None, create: bool = True) -> StudyOutcome:
    """Store one study in one transaction: its files, its rows, whose it is, which series is measured."""
    try:
        with transaction.atomic():
            _lock(group.study_uid)
            return _receive(group, told, create)
    except Refused as refusal:
        return _all_refused(group, refusal.code, refusal.detail)
    except ValidationError as error:
        return _all_refused(group, "invalid", "; ".join(error.messages))
    except DatabaseError as error:
        if not connection.is_usable():
            raise
        return _all_refused(group, "database", f"the database refused it: {str(error).splitlines()[0]}")


def _lock(study_uid: str) -> None:
    """Two imports of one study follow each other; of two studies they do not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ct-study {study_uid}"])


def _receive(group: StudyGroup, told: Patient | None, create: bool) -> StudyOutcome:
    outcome = StudyOutcome(group.study_uid)
    headers = [header for series in group.series for header in series.headers]
    study = CTStudy.objects.select_related("patient").filter(study_uid=group.study_uid).first()
    fresh, known = _split(study, headers, outcome)
    if not fresh and not known:
        return outcome
    identity = link.identity_of(headers)
    if study is None:
        study = _new_study(outcome, headers[0], identity, told, create)
    else:
        _check_identity(study, identity)
        _link_again(study, identity, told)
    with storage.stored([*fresh, *_lost(known)]):
        if fresh:
            rows.add_slices(study, fresh)
    outcome.study = study
    outcome.series = _series_outcomes(fresh, known)
    return outcome


def _split(
    study: CTStudy | None, headers: Sequence[InstanceHeader], outcome: StudyOutcome
) -> tuple[list[InstanceHeader], list[InstanceHeader]]:
    """Slices that are new and slices already stored; contradictions go to ``outcome.refused``."""
    uids = [header.sop_uid for header in headers]
    stored = {row.sop_uid: row for row in CTInstance.objects.select_related("series").filter(sop_uid__in=uids)}
    named = CTSeries.objects.filter(series_uid__in={header.series_uid for header in headers})
    # A study not stored yet has no key, and no series is excluded.
    elsewhere = set(named.exclude(study_id=study.pk if study else 0).values_list("series_uid", flat=True))
    fresh, known = [], []
    for header in headers:
        row = stored.get(header.sop_uid)
        if header.series_uid in elsewhere:
            outcome.refused.append(_conflict(header, "its series is stored already in another study"))
        elif row is None:
            fresh.append(header)
        elif (row.series.series_uid, row.pixel_digest) == (header.series_uid, header.pixel_digest):
            known.append(header)
        else:
            outcome.refused.append(_conflict(header, "its SOP instance UID is stored already with other content"))
    return fresh, known


def _conflict(header: InstanceHeader, detail: str) -> Refusal:
    return Refusal(header.name, "conflict", f"{detail}; the stored one is kept")


def _lost(known: Iterable[InstanceHeader]) -> list[InstanceHeader]:
    """Slices whose rows are there and whose files are gone from the storage: they are written again."""
    return [header for header in known if not storage.absolute(storage.file_name(header)).is_file()]


def _new_study(
    outcome: StudyOutcome, first: InstanceHeader, identity: Identity | Held, told: Patient | None, create: bool
) -> CTStudy:
    if first.study_date and first.study_date > timezone.localdate() + FUTURE:
        raise Refused(first.name, "future_date", f"the study date {first.study_date} lies in the future")
    owner = _owner(identity, first.study_date, told, create)
    patient = owner.patient if isinstance(owner, Owner) else None
    study = CTStudy(
        study_uid=first.study_uid,
        patient=patient,
        site=patient.site if patient else services.default_site(),
        held_identity=identity.to_json() if isinstance(identity, Identity) else "",
        source=Source.DICOM,
        **describe.study_fields(first),
    )
    if isinstance(owner, Held):
        study.hold_code, study.hold_reason = owner.code, owner.reason
    study.full_clean()
    study.save()
    outcome.new_study = True
    outcome.new_patient = isinstance(owner, Owner) and owner.created
    return study


def _owner(identity: Identity | Held, date: dt.date | None, told: Patient | None, create: bool) -> Owner | Held:
    if isinstance(identity, Held):
        return identity
    return link.owner_of(identity, date, told=told, create=create)


def _check_identity(study: CTStudy, identity: Identity | Held) -> None:
    """Late slices name the same patient as the first ones did."""
    if not study.held_identity:
        return
    was = json.loads(study.held_identity)
    now = (identity.issuer, identity.patient_id) if isinstance(identity, Identity) else None
    if (was["issuer"], was["patient_id"]) != now:
        raise Refused(study.study_uid, "other_patient", "this study is stored already under another PatientID")


def _link_again(study: CTStudy, identity: Identity | Held, told: Patient | None) -> None:
    """A study stored earlier stays where it is, unless it is held and a person now says whose it is."""
    if told is None or study.patient == told:
        return
    if study.patient:
        detail = f"this study is in the record of {study.patient.code} already, not of {told.code}"
        raise Refused(study.study_uid, "other_patient", detail)
    owner = _owner(identity, study.date, told, create=False)
    if isinstance(owner, Held):
        services.hold_study(study, owner.code, owner.reason)
    else:
        services.link_study(study, owner.patient)


def _series_outcomes(fresh: Sequence[InstanceHeader], known: Sequence[InstanceHeader]) -> list[SeriesOutcome]:
    new, old = (Counter(header.series_uid for header in some) for some in (fresh, known))
    touched = CTSeries.objects.filter(series_uid__in=new.keys() | old.keys()).order_by("number", "series_uid")
    return [SeriesOutcome(row, new[row.series_uid], old[row.series_uid]) for row in touched]


def _all_refused(group: StudyGroup, code: str, detail: str) -> StudyOutcome:
    """Nothing of the study is taken: each of its files is named."""
    headers = (header for series in group.series for header in series.headers)
    return StudyOutcome(group.study_uid, refused=[Refusal(header.name, code, detail) for header in headers])
