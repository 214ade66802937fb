"""Cohorts whose courses have been fitted: what the slope and the forecast of one patient lean on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from patients.models.fields import positive


class CohortFit(models.Model):
    """One quantity of lung function over all patients on record; fitted by `manage.py fit_trajectories`.

    Invented patients and real ones are never fitted together. `document` is what patients.trajectory.kept reads.
    """

    quantity = models.CharField(max_length=20, help_text=_("A name of patients.trajectory.visits.QUANTITIES."))
    invented = models.BooleanField(help_text=_("Fitted on demonstration patients, for these only."))
    equation_set = models.CharField(max_length=16, blank=True)
    patients = models.PositiveIntegerField()
    visits = models.PositiveIntegerField()
    document = models.JSONField()
    fitted_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quantity", "invented"], name="cohort_fit_once"),
            *positive("patients", "visits", prefix="cohort_fit"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.patients} {'invented ' if self.invented else ''}patients"
