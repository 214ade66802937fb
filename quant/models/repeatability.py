"""How far two measurements of an unchanged lung may lie apart: per engine, version and weights, measured once."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from patients.models.fields import one_of
from quant.models.runs import ENGINE_LETTERS, VERSION_LETTERS


class RepeatedMeasure(models.TextChoices):
    """What a limit can be known of; the unit of the limit is that of a change."""

    LUNG_VOLUME = "lung_volume_ml", _("Total lung volume")
    LESION = "lesion_percent", _("Lesion % (TLV%)")
    FIBROSIS = "fibrosis_percent", _("Fibrosis %")
    ILD = "ild_percent", _("ILD %")
    GROUND_GLASS = "ground_glass_percent", _("GGO")
    CONSOLIDATION = "consolidation_percent", _("Consolidation")
    RETICULATION = "reticulation_percent", _("Reticulation")
    HONEYCOMBING = "honeycombing_percent", _("Honeycombing")
    EMPHYSEMA = "emphysema_percent", _("Emphysema")
    HAA = "haa_percent", _("High attenuation")
    LAA950 = "laa950_percent", _("Low attenuation")
    MEAN_DENSITY = "mean_density_hu", _("Mean density")
    PERC15 = "perc15_hu", _("15th percentile of density")
    SEVERITY = "severity_total", _("Severity, 0 to 25")
    GOH_EXTENT = "goh_extent_percent", _("Goh extent (TOT)")

    @property
    def unit(self) -> str:
        """mL, HU, points of a percentage, or points of the severity score."""
        return {"ml": "mL", "hu": "HU"}.get(self.value.rsplit("_", 1)[1], "points")


@pghistory.track()
class RepeatabilityLimit(models.Model):
    """A change up to and including `limit` is not measurable. The same measure registered again replaces it."""

    engine = models.CharField(max_length=ENGINE_LETTERS)
    engine_version = models.CharField(max_length=VERSION_LETTERS)
    weights = models.JSONField(default=dict, blank=True, help_text=_("Name of each weight file and its SHA-256."))
    measure = models.CharField(max_length=24, choices=RepeatedMeasure.choices)
    limit = models.FloatField(help_text=_("Largest change without any: points of a percentage, mL, HU."))
    scans = models.PositiveIntegerField(help_text=_("How many scans it was measured on."))
    method = models.TextField(help_text=_("How, in a sentence or two."))
    date = models.DateField(help_text=_("When it was measured."))
    registered_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["engine", "engine_version", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["engine", "engine_version", "weights", "measure"], name="repeatability_once_per_measure"
            ),
            models.CheckConstraint(condition=Q(limit__gte=0), name="repeatability_limit_not_negative"),
            models.CheckConstraint(condition=Q(scans__gte=2), name="repeatability_of_two_scans_or_more"),
            one_of("measure", RepeatedMeasure, "repeatability_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.engine} {self.engine_version}: {self.measure} within {self.limit:g}"
