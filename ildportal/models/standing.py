"""Copies of what the rules and scores say, so that a table of thousands of patients need not work it out again."""

from __future__ import annotations

from django.db import models

from patients.models import Patient
from patients.models.fields import one_of
from patients.models.people import DiagnosisCode


class Answer(models.TextChoices):
    """What a rule answers, whatever words it has; in the order in which a table sorts them."""

    MET = "met", "met"
    INDETERMINATE = "indeterminate", "indeterminate"
    NOT_MET = "not met", "not met"


class StoredStanding(models.Model):
    """Where a patient stands. It counts while `stamp` is that of the facts on record, and may be deleted any time.

    document: as the API gives it. pfts, cts: lung-function sessions and dated CTs; simulated: CTs whose numbers are
    invented. goh, gap: stages, empty while something is missing.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="standing")
    stamp = models.CharField(max_length=80)
    computed_at = models.DateTimeField()
    diagnosis = models.CharField(max_length=20, choices=DiagnosisCode.choices, blank=True)
    pfts = models.PositiveIntegerField()
    cts = models.PositiveIntegerField()
    simulated = models.PositiveIntegerField()
    goh = models.CharField(max_length=20, blank=True)
    gap = models.CharField(max_length=20, blank=True)
    gap_points = models.PositiveSmallIntegerField(null=True, blank=True)
    document = models.JSONField()

    def __str__(self) -> str:
        return f"standing of {self.patient_id}"


class StoredVerdict(models.Model):
    """A rule's answers at any time, at the latest visit and at a later visit, each with its day.

    said_ever, said_latest: the same in the rule's own words, which for EUSTAR are categories.
    """

    standing = models.ForeignKey(StoredStanding, on_delete=models.CASCADE, related_name="verdicts")
    rule = models.CharField(max_length=20)
    ever = models.CharField(max_length=13, choices=Answer.choices)
    latest = models.CharField(max_length=13, choices=Answer.choices)
    confirmed = models.CharField(max_length=13, choices=Answer.choices)
    said_ever = models.CharField(max_length=20)
    said_latest = models.CharField(max_length=20)
    first_met = models.DateField(null=True, blank=True)
    latest_on = models.DateField(null=True, blank=True)
    confirmed_on = models.DateField(null=True, blank=True)
    sentence = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standing", "rule"], name="stored_verdict_once_per_rule"),
            *(one_of(name, Answer, f"stored_verdict_{name}") for name in ("ever", "latest", "confirmed")),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.ever}"
