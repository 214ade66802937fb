"""Findings on lung function: looked for when a session is written, kept until a person accepts them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DecimalField
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _

from patients import selectors
from patients.life import last_day
from patients.models import Patient, PFTFinding, PulmonaryFunctionTest
from patients.services.derived import derive

if TYPE_CHECKING:
    from patients.lungfunction.findings import Finding

ROW = ("kind", "sentence", "found", "expected", "blocks")
LONGEST = 300
# More than any number here has; beyond it rounding fails.
MOST_DIGITS = 20


def facts_of(pft: PulmonaryFunctionTest) -> dict[str, Any]:
    """A session as `patients.lungfunction.findings` reads it."""
    return model_to_dict(pft)


def settle(pft: PulmonaryFunctionTest) -> list[Finding]:
    """Bring a session not yet saved into the units that are stored; returns what was done, to `note` afterwards.

    Raises:
        ValidationError: what is impossible, by field.
    """
    from patients.lungfunction import findings

    _round(pft)
    pft.clean_fields()
    settled, notes = findings.settle(facts_of(pft))
    patient = pft.patient
    wrong = [one for one in notes if one.kind == "impossible"]
    wrong += findings.empty(settled)
    wrong += findings.impossible(
        settled, today=timezone.localdate(), birth=patient.birth_date, last_day=_last_day(patient), who=patient.code
    )
    if wrong:
        raise ValidationError({one.field: ValidationError(one.sentence, code=one.code) for one in reversed(wrong)})
    for name in ("haemoglobin_g_dl", "dlco_mmol_min_kpa", "fev1_fvc_percent"):
        setattr(pft, name, settled[name])
    return notes


def note(pft: PulmonaryFunctionTest, notes: Iterable[Finding]) -> None:
    """Keep what was done to a session, or seen in it, when it came in."""
    for one in notes:
        PFTFinding.objects.update_or_create(pft=pft, code=one.code, field=one.field, defaults=_row(one))


@transaction.atomic
def review(patient: Patient, *dates: dt.date) -> None:
    """Look again at the sessions near `dates`; their reference values are still to be brought up to date.

    A finding that no longer holds goes, one whose values have changed is open again.
    """
    from patients.lungfunction.findings import SUDDEN_WITHIN_DAYS

    sessions = list(patient.pfts.prefetch_related("findings"))
    span = dt.timedelta(days=SUDDEN_WITHIN_DAYS)
    near = [one for one in sessions if any(abs(one.date - date) <= span for date in dates)]
    facts = {one.pk: facts_of(one) for one in sessions}
    for one in near:
        _bring_up_to_date(one, facts)


@transaction.atomic
def accept_finding(finding: PFTFinding, *, by: Any, reason: str) -> PFTFinding:
    """A data manager stands for the value on record, and says why; it counts from now on.

    `finding` is as the data manager saw it: values that have changed since are not accepted unseen.

    Raises:
        ValidationError: no reason, nothing waits (a note, accepted already, the other value of the date is), changed
            since.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        raise ValidationError({"reason": _("Say why the value is right, in at most 300 characters.")})
    now = selectors.findings(PFTFinding.objects.select_for_update()).filter(pk=finding.pk).first()
    if now is None or not now.waiting:
        raise ValidationError(_("There is nothing to accept."))
    if any(getattr(now, name) != getattr(finding, name) for name in ROW):
        raise ValidationError(_("The values have changed meanwhile: look again."))
    now.accepted_by, now.accepted_at, now.accepted_reason = by, timezone.now(), reason
    now.full_clean()
    now.save(update_fields=["accepted_by", "accepted_at", "accepted_reason"])
    derive(now.pft)
    return now


def _round(pft: PulmonaryFunctionTest) -> None:
    """Measured values to the places that the record keeps, as file and API give them: 1.75 cm is wrong as a height."""
    for field in pft._meta.concrete_fields:
        value = getattr(pft, field.attname)
        if isinstance(field, DecimalField) and isinstance(value, Decimal | float | int) and not isinstance(value, bool):
            setattr(pft, field.attname, _kept(Decimal(str(value)), Decimal(1).scaleb(-(field.decimal_places or 0))))


def _kept(value: Decimal, places: Decimal) -> Decimal:
    if not value.is_finite() or value.adjusted() >= MOST_DIGITS or value == value.quantize(places, ROUND_HALF_EVEN):
        return value
    return value.quantize(places, ROUND_HALF_EVEN)


def _last_day(patient: Patient) -> dt.date | None:
    return last_day(patient.death_date, patient.death_precision) if patient.death_date else None


def _bring_up_to_date(pft: PulmonaryFunctionTest, facts: dict[int, dict[str, Any]]) -> None:
    from patients.lungfunction import findings

    others = [theirs for pk, theirs in facts.items() if pk != pft.pk]
    now = {(one.code, one.field): one for one in findings.questionable(facts[pft.pk], others)}
    there = {(row.code, row.field): row for row in pft.findings.all() if row.code in findings.LASTING}
    for key, row in there.items():
        if key not in now:
            row.delete()
    for key, one in now.items():
        _renew(there.get(key) or PFTFinding(pft=pft, code=one.code, field=one.field), _row(one))


def _renew(row: PFTFinding, values: dict[str, Any]) -> None:
    """An acceptance holds for the values that were compared, and for no others."""
    if row.pk and all(getattr(row, name) == values[name] for name in ROW):
        return
    for name in ROW:
        setattr(row, name, values[name])
    row.accepted_by, row.accepted_at, row.accepted_reason = None, None, ""
    row.save()


def _row(one: Finding) -> dict[str, Any]:
    return {"kind": one.kind, "found": one.found, "expected": one.expected, "blocks": one.blocks} | {
        "sentence": one.sentence[:LONGEST]
    }
