"""The queue of record: one row a requested measurement."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from patients.models import CTSeries

# An engine of others is named after a folder, and its version after what its makers called it.
ENGINE_LETTERS, VERSION_LETTERS = 400, 120


class State(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    SUPERSEDED = "superseded", _("superseded")


@pghistory.track(
    pghistory.InsertEvent(),
    # A lease is renewed every few seconds and is no history; a change of state or owner is.
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "attempts", "requested_by")),
    pghistory.DeleteEvent(),
)
class Run(models.Model):
    """One measurement of one series by one engine version with one set of settings."""

    series = models.ForeignKey(CTSeries, on_delete=models.PROTECT, related_name="runs")
    idempotency_key = models.CharField(
        max_length=64, unique=True, help_text=_("SHA-256 of series, pixels, engine, version, weights, settings.")
    )
    engine = models.CharField(max_length=ENGINE_LETTERS, help_text=_("As asked for: one of others may be a folder."))
    engine_version = models.CharField(max_length=VERSION_LETTERS)
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
        ordering = ["-requested_at"]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="run_state_lease"),
            models.Index(fields=["series", "-requested_at"], name="run_series_latest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="run_state"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="run_percent_to_100"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="run_running_has_lease"
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(reason=""), name="run_failed_has_reason"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.state})"
