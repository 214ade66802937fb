"""Measurements: one row a requested one."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from patients.models import CTSeries
from quant.models.jobs import Job, constraints

# An engine of others is named after a folder, and its version after what its makers called it.
ENGINE_LETTERS, VERSION_LETTERS = 400, 120


@pghistory.track(
    pghistory.InsertEvent(),
    # A lease is renewed every few seconds and is no history; a change of state or owner is.
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "attempts", "requested_by")),
    pghistory.DeleteEvent(),
)
class Run(Job):
    """One measurement of one series by one engine version with one set of settings."""

    TAKES, DOING, DONE_AGAIN, TOOL = "this scan", "measuring", "measured again", "engine"

    series = models.ForeignKey(CTSeries, on_delete=models.PROTECT, related_name="runs")
    idempotency_key = models.CharField(
        max_length=64, unique=True, help_text=_("SHA-256 of series, pixels, engine, version, weights, settings.")
    )
    engine = models.CharField(max_length=ENGINE_LETTERS, help_text=_("As asked for: one of others may be a folder."))
    engine_version = models.CharField(max_length=VERSION_LETTERS)

    class Meta:
        ordering = ["-requested_at"]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="run_state_lease"),
            models.Index(fields=["series", "-requested_at"], name="run_series_latest"),
        ]
        constraints = constraints("run")

    def __str__(self) -> str:
        return f"run {self.pk} ({self.state})"
