"""A reader's word on a CT: one of each reader, scan and prior scan; the history keeps what an amendment replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from patients.histories import SIGNS
from patients.models import CTAssessment, CTStudy
from patients.models.imaging import YesNoUnknown
from patients.progression.period import MORE_FIBROSIS_SIGNS
from patients.services import writing

# What a reader says; the rest of a row is whose word it is, on what, and where it came from.
SAID = (*SIGNS, "pattern", "text")
# "No" to the first cannot stand beside "yes" to one of the others.
CONTRADICTIONS = {
    "fibrosis_present": (*MORE_FIBROSIS_SIGNS, "new_ggo_with_traction", "fibrosis_more"),
    "fibrosis_more": MORE_FIBROSIS_SIGNS,
}
Faults = Iterator[tuple[str, ValidationError]]


def question(field: str) -> str:
    """What a sign asks, in words."""
    return str(CTAssessment._meta.get_field(field).help_text).rstrip(".")  # type: ignore[union-attr]


@transaction.atomic
def assess_ct(
    study: CTStudy, *, assessor: str, prior_study: CTStudy | None = None, **facts: Any
) -> tuple[CTAssessment, bool]:
    """Keep a reader's word; returns it and whether it is new.

    The same reader's second word on the same scan against the same prior amends the first: what it does not answer is
    unknown then, as in a new one.

    Raises:
        ValidationError: each fault under its field.
    """
    _lock(study)
    assessor = " ".join(assessor.split())
    known = _same(study, prior_study, assessor).first()
    if known is None:
        made = CTAssessment(study=study, prior_study=prior_study, assessor=assessor, **facts)
        _check(made)
        return writing.store(made), True
    unsaid = {name: CTAssessment._meta.get_field(name).get_default() for name in SAID}  # type: ignore[union-attr]
    return _changed(known, {**unsaid, **{name: facts[name] for name in (*SAID, "date") if name in facts}}), False


@transaction.atomic
def amend_ct_assessment(assessment: CTAssessment, **facts: Any) -> CTAssessment:
    """Change some of what was said, by whom, when, or against which prior; the scan stays.

    Raises:
        ValidationError: each fault under its field.
    """
    _lock(assessment.study)
    if "assessor" in facts:
        facts["assessor"] = " ".join(facts["assessor"].split())
    return _changed(assessment, facts)


def _lock(study: CTStudy) -> None:
    """Two words at once on one scan wait for each other."""
    CTStudy.objects.select_for_update().filter(pk=study.pk).first()


def _same(study: CTStudy, prior: CTStudy | None, assessor: str) -> models.QuerySet[CTAssessment]:
    return CTAssessment.objects.filter(study=study, prior_study=prior, assessor__iexact=assessor).order_by("-pk")


def _changed(assessment: CTAssessment, facts: dict[str, Any]) -> CTAssessment:
    changed = {name for name, value in facts.items() if getattr(assessment, name) != value}
    for name in changed:
        setattr(assessment, name, facts[name])
    _check(assessment)
    return writing.store(assessment, changed) if changed else assessment


def _check(one: CTAssessment) -> None:
    errors: dict[str, list[ValidationError]] = defaultdict(list)
    try:
        writing.check(one)
    except ValidationError as error:
        errors.update(error.error_dict)
    for found in (_scans(one), _day(one), _contradictions(one), _twice(one), _silence(one)):
        for field, fault in found:
            if field not in errors:
                errors[field].append(fault)
    if errors:
        raise ValidationError(dict(errors))


def _fault(sentence: str, code: str) -> ValidationError:
    return ValidationError(sentence, code=code)


def _scans(one: CTAssessment) -> Faults:
    """The scan is a patient's, the prior one an earlier scan of the same patient."""
    scan, prior = one.study, one.prior_study
    if scan.patient_id is None:
        yield "study", _fault(_("waits for a person: link it to a patient first"), "held")
    elif prior is not None and prior.patient_id != scan.patient_id:
        yield "prior_study", _fault(_("is no scan of this patient"), "other_patient")
    elif prior is not None and (prior.date is None or scan.date is None):
        yield "prior_study", _fault(_("cannot be known to be earlier: one of the two scans has no date"), "undated")
    elif prior is not None and scan.date is not None and prior.date is not None and prior.date >= scan.date:
        problem = _("is of {prior}, not earlier than the scan of {scan}").format(prior=prior.date, scan=scan.date)
        yield "prior_study", _fault(problem, "not_earlier")


def _day(one: CTAssessment) -> Faults:
    if one.date and one.study.date and one.date < one.study.date:
        problem = _("lies before the scan of {scan}: nobody can have read it then").format(scan=one.study.date)
        yield "date", _fault(problem, "before_scan")


def _contradictions(one: CTAssessment) -> Faults:
    """Each of the two fields names the other."""
    for denied, signs in CONTRADICTIONS.items():
        if getattr(one, denied) != YesNoUnknown.NO:
            continue
        for sign in signs:
            if getattr(one, sign) == YesNoUnknown.YES:
                yield denied, _against(denied, sign, _("is “no”, but “{other}” is “yes”: change one of the two"))
                yield sign, _against(sign, denied, _("is “yes”, but “{other}” is “no”: change one of the two"))


def _against(field: str, other: str, sentence: str) -> ValidationError:
    return _fault(sentence.format(other=question(other)), "contradiction")


def _twice(one: CTAssessment) -> Faults:
    if one.study.patient_id is None or not one.assessor:
        return
    if _same(one.study, one.prior_study, one.assessor).exclude(pk=one.pk).exists():
        problem = _("has assessed this scan against the same prior before: amend that assessment")
        yield "assessor", _fault(problem, "assessed_before")


def _silence(one: CTAssessment) -> Faults:
    unanswered = all(getattr(one, sign) == YesNoUnknown.UNKNOWN for sign in SIGNS)
    if unanswered and not one.pattern and not one.text.strip():
        yield NON_FIELD_ERRORS, _fault(_("It says nothing yet: answer at least one question."), "says_nothing")
