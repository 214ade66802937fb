"""What a worker does in the background: one row a job, which is the queue of record."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    SUPERSEDED = "superseded", _("superseded")


class Job(models.Model):
    """Where a job stands: claimed, renewed, finished and swept by quant/queue.py.

    In sentences: `TAKES` input, `DOING` something to it with a `TOOL`; `DONE_AGAIN` is what a lost one will be.
    """

    TAKES: ClassVar[str]
    DOING: ClassVar[str]
    DONE_AGAIN: ClassVar[str]
    TOOL: ClassVar[str]

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    stage = models.CharField(max_length=40, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text=_("Why it failed or waits, for a clinician."))
    error_code = models.CharField(max_length=40, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, help_text=_("When a message last went to the broker."))
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def constraints(name: str) -> list[models.BaseConstraint]:
    """What the database holds every job to; `name` begins the names of its constraints."""
    return [
        models.CheckConstraint(condition=Q(state__in=State.values), name=f"{name}_state"),
        models.CheckConstraint(condition=Q(percent__lte=100), name=f"{name}_percent_to_100"),
        models.CheckConstraint(
            condition=~Q(state="running") | Q(lease_until__isnull=False), name=f"{name}_running_has_lease"
        ),
        models.CheckConstraint(condition=~Q(state="failed") | ~Q(reason=""), name=f"{name}_failed_has_reason"),
    ]
