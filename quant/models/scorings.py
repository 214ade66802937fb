"""Goh scores of a measured CT by one more network: one row a requested one."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from quant.models.jobs import Job, constraints
from quant.models.measures import Quantification
from quant.models.runs import VERSION_LETTERS


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "attempts", "requested_by")),
    pghistory.DeleteEvent(),
)
class Scoring(Job):
    """The five levels of one measurement, scored by one version of one network; its scores are LevelScore rows.

    It is asked for once: whoever asks again gets this row. The measurement stands whatever becomes of it.
    """

    TAKES, DOING, DONE_AGAIN, TOOL = "these levels", "scoring", "scored again", "score network"

    quantification = models.ForeignKey(Quantification, on_delete=models.CASCADE, related_name="scorings")
    model = models.CharField(max_length=80)
    model_version = models.CharField(max_length=VERSION_LETTERS)
    weights_sha256 = models.CharField(max_length=64, help_text=_("Of the file that was asked for."))
    folder = models.CharField(
        max_length=400, blank=True, help_text=_("Of the register that holds the weights; empty: shipped ones.")
    )

    class Meta:
        ordering = ["-requested_at", "-pk"]
        indexes = [models.Index(fields=["state", "lease_until"], name="scoring_state_lease")]
        constraints = [
            models.UniqueConstraint(fields=["quantification", "model", "model_version"], name="scoring_once_per_model"),
            *constraints("scoring"),
        ]

    @property
    def by(self) -> str:
        """Name and version of the network."""
        return f"{self.model} {self.model_version}"

    def __str__(self) -> str:
        return f"scoring {self.pk} by {self.by} ({self.state})"
