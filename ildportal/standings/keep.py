"""Standings worked out and stored: the only writer of the copies."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from ildportal.models import StoredStanding, StoredVerdict
from ildportal.standings.answers import answer, in_words
from ildportal.standings.stamps import stamps
from ildportal.verdicts import Standing, standings_of
from patients.models import Patient
from patients.progression.verdict import Verdict

AT_ONCE = 25


def catch_up(patients: QuerySet[Patient], seconds: float | None = None) -> list[int]:
    """Work out anew what facts have overtaken, for so long at most; returns who is still behind, by primary key.

    `seconds` None: all of them. At least AT_ONCE patients are done, so that asking again always comes to an end.
    """
    began = time.monotonic()
    behind = overtaken(patients)
    for start in range(0, len(behind), AT_ONCE):
        store(behind[start : start + AT_ONCE])
        if seconds is not None and time.monotonic() - began > seconds:
            return behind[start + AT_ONCE :]
    return []


def overtaken(patients: QuerySet[Patient]) -> list[int]:
    """Whose copy is missing or older than the facts; primary keys in order."""
    now = stamps(list(patients.order_by().values_list("pk", flat=True)))
    kept = dict(StoredStanding.objects.filter(patient__in=patients).values_list("patient", "stamp"))
    return sorted(pk for pk, stamp in now.items() if kept.get(pk) != stamp)


def store(keys: Sequence[int]) -> None:
    """Of these patients. Stamps are taken first: a fact that comes in between makes the copy old, never wrong."""
    taken = stamps(keys)
    counts = _counts(keys)
    people = Patient.objects.filter(pk__in=keys).select_related("site").order_by("pk")
    found = standings_of(people)
    rows = [_row(pk, taken[pk], one, counts[pk]) for pk, one in found.items() if pk in taken]
    with transaction.atomic():
        named = [field.name for field in StoredStanding._meta.concrete_fields if field.name not in ("id", "patient")]
        StoredStanding.objects.bulk_create(rows, update_conflicts=True, unique_fields=["patient"], update_fields=named)
        kept = dict(StoredStanding.objects.filter(patient__in=keys).values_list("patient", "pk"))
        StoredVerdict.objects.filter(standing__in=kept.values()).delete()
        StoredVerdict.objects.bulk_create(
            _verdict(kept[row.patient_id], one) for row in rows for one in found[row.patient_id].verdicts
        )


def _counts(keys: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(lung-function sessions, dated CTs) by primary key of the patient."""
    dated = Q(ct_studies__date__isnull=False)
    pfts, cts = Count("pfts", distinct=True), Count("ct_studies", distinct=True, filter=dated)
    rows = Patient.objects.filter(pk__in=keys).order_by().annotate(pft_count=pfts, ct_count=cts)
    return {pk: (sessions, scans) for pk, sessions, scans in rows.values_list("pk", "pft_count", "ct_count")}


def _row(pk: int, stamp: str, found: Standing, counts: tuple[int, int]) -> StoredStanding:
    by_name = {one.name: one for one in found.scores}
    gap = by_name["GAP"]
    return StoredStanding(
        patient_id=pk,
        stamp=stamp,
        computed_at=timezone.now(),
        diagnosis=found.facts.diagnosis,
        pfts=counts[0],
        cts=counts[1],
        simulated=found.simulated,
        goh=by_name["Goh"].stage,
        gap=gap.stage,
        gap_points=gap.points,
        document=found.to_dict(),
    )


def _verdict(standing: int, one: Verdict) -> StoredVerdict:
    return StoredVerdict(
        standing_id=standing,
        rule=one.rule,
        ever=answer(one.state),
        latest=answer(one.latest),
        confirmed=answer(one.confirmed),
        said_ever=in_words(one.state),
        said_latest=in_words(one.latest),
        first_met=one.first_met,
        latest_on=one.latest_on,
        confirmed_on=one.confirmed_on,
        sentence=one.sentence,
    )
