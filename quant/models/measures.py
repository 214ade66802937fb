"""The numbers a run leaves, one column each; null is not measured, never zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from patients.models import CTSeries
from patients.models.fields import one_of
from quant.engine.identity import SIMULATED_ENGINE
from quant.models.runs import ENGINE_LETTERS, VERSION_LETTERS, Run

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def millilitres() -> models.FloatField[Any, float | None]:
    return models.FloatField(null=True, blank=True, help_text=_("mL"))


def percentage() -> models.FloatField[Any, float | None]:
    return models.FloatField(null=True, blank=True, help_text=_("% of the lung volume"))


def number(help_text: StrOrPromise) -> models.FloatField[Any, float | None]:
    return models.FloatField(null=True, blank=True, help_text=help_text)


PATTERNS = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")
PERCENTS = (
    *(f"{pattern}_{suffix}" for pattern in PATTERNS for suffix in ("percent", "low", "high")),
    "lesion_percent", "fibrosis_percent", "ild_percent", "haa_percent", "laa950_percent",
)  # fmt: skip


class LobesSource(models.TextChoices):
    FISSURES = "fissures", _("fissures")
    PRIOR = "prior", _("prior")
    EXTERNAL = "external", _("external")


@pghistory.track()
class Quantification(models.Model):
    """Every number of the contract ildportal.quantification/1. `current` is the one of its series that counts."""

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="quantification")
    series = models.ForeignKey(CTSeries, on_delete=models.PROTECT, related_name="quantifications")
    current = models.BooleanField(default=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    label_path = models.CharField(max_length=300, help_text=_("Folder of the label maps below the storage root."))

    engine = models.CharField(max_length=ENGINE_LETTERS)
    engine_version = models.CharField(max_length=VERSION_LETTERS)
    weights = models.JSONField(default=dict, blank=True, help_text=_("Name of each weight file and its SHA-256."))
    settings = models.JSONField(default=dict, blank=True, help_text=_("Thresholds and options as used."))
    methods = models.JSONField(
        default=dict, blank=True, help_text=_("By pattern: whether rules or a network named it.")
    )
    device = models.CharField(max_length=40, blank=True)
    seconds = models.JSONField(default=dict, blank=True, help_text=_("Seconds per stage."))
    seconds_total = number(_("s"))

    accepted = models.BooleanField(help_text=_("False: measured, needs review."))
    warnings = models.JSONField(default=list, blank=True, help_text=_("List of code and detail."))

    volume_ml = millilitres()
    right_ml = millilitres()
    left_ml = millilitres()
    recovered_ml = millilitres()
    vessel_ml = millilitres()
    mean_density_hu = number(_("HU"))
    haa_percent = percentage()
    laa950_percent = percentage()
    perc15_hu = number(_("HU"))
    skewness = number(_("without unit"))
    kurtosis = number(_("without unit"))

    ground_glass_ml = millilitres()
    ground_glass_percent = percentage()
    ground_glass_low = percentage()
    ground_glass_high = percentage()
    consolidation_ml = millilitres()
    consolidation_percent = percentage()
    consolidation_low = percentage()
    consolidation_high = percentage()
    reticulation_ml = millilitres()
    reticulation_percent = percentage()
    reticulation_low = percentage()
    reticulation_high = percentage()
    honeycombing_ml = millilitres()
    honeycombing_percent = percentage()
    honeycombing_low = percentage()
    honeycombing_high = percentage()
    emphysema_ml = millilitres()
    emphysema_percent = percentage()
    emphysema_low = percentage()
    emphysema_high = percentage()

    lesion_percent = percentage()
    fibrosis_percent = percentage()
    ild_percent = percentage()

    lobes_source = models.CharField(max_length=8, choices=LobesSource.choices)
    lobe_confidence = number(_("0 to 1"))
    fissures = models.JSONField(
        default=dict, blank=True, help_text=_("Share of each fissure seen beyond chance, 0 to 1, by name.")
    )
    severity_scheme = models.CharField(max_length=20)
    severity_total = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("0 to 25"))
    severity_estimated = models.BooleanField(help_text=_("True where lobes were not seen but estimated."))
    goh_default = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(fields=["series", "-created_at"], name="quantification_series_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["series"], condition=Q(current=True), name="quantification_one_current_per_series"
            ),
            models.CheckConstraint(
                condition=~Q(current=True) | Q(superseded_by__isnull=True), name="quantification_current_is_newest"
            ),
            models.CheckConstraint(
                condition=Q(severity_total__isnull=True) | Q(severity_total__lte=25),
                name="quantification_severity_0_to_25",
            ),
            one_of("lobes_source", LobesSource, "quantification_lobes_source"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__range": (0, 100)}),
                    name=f"quantification_{name}_0_100",
                )
                for name in PERCENTS
            ),
        ]

    @property
    def is_simulated(self) -> bool:
        """True when no scan was measured: invented numbers of the demonstration cohort."""
        return self.engine == SIMULATED_ENGINE

    def __str__(self) -> str:
        return f"quantification {self.pk} by {self.engine} {self.engine_version}"


class Region(models.TextChoices):
    """The five lobes; thirds of the height of each lung, its rind and its core, which need no fissure."""

    RUL = "RUL", "RUL"
    RML = "RML", "RML"
    RLL = "RLL", "RLL"
    LUL = "LUL", "LUL"
    LLL = "LLL", "LLL"
    RIGHT_UPPER = "right_upper", _("right upper zone")
    RIGHT_MIDDLE = "right_middle", _("right middle zone")
    RIGHT_LOWER = "right_lower", _("right lower zone")
    LEFT_UPPER = "left_upper", _("left upper zone")
    LEFT_MIDDLE = "left_middle", _("left middle zone")
    LEFT_LOWER = "left_lower", _("left lower zone")
    RIND = "rind", _("rind")
    CORE = "core", _("core")


LOBES = (Region.RUL, Region.RML, Region.RLL, Region.LUL, Region.LLL)
ZONES = tuple(region for region in Region if region not in LOBES)


@pghistory.track()
class LobeMeasure(models.Model):
    """One lobe or zone; percent is of that region. Severity is of lobes alone."""

    quantification = models.ForeignKey(Quantification, on_delete=models.CASCADE, related_name="lobes")
    region = models.CharField(max_length=12, choices=Region.choices)
    ml = millilitres()
    lesion_ml = millilitres()
    lesion_percent = models.FloatField(null=True, blank=True, help_text=_("% of the region"))
    severity = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("0 to 5"))
    ground_glass_ml = millilitres()
    consolidation_ml = millilitres()
    reticulation_ml = millilitres()
    honeycombing_ml = millilitres()
    emphysema_ml = millilitres()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quantification", "region"], name="lobe_once"),
            one_of("region", Region, "lobe_region"),
            models.CheckConstraint(
                condition=Q(severity__isnull=True) | Q(severity__lte=5), name="lobe_severity_0_to_5"
            ),
        ]

    def percent(self, *patterns: str) -> float | None:
        """These patterns together, % of the region; None where one of them was not looked for."""
        found = [getattr(self, f"{pattern}_ml") for pattern in patterns]
        return 100 * sum(found) / self.ml if self.ml and None not in found else None

    def __str__(self) -> str:
        return self.region


class ScoreSource(models.TextChoices):
    NETWORK = "network", _("network")
    MEASURED = "measured", _("measured")
    READER = "reader", _("reader")


SCORES = ("tot", "gg", "ret")
BOUNDS = tuple(f"{score}_{end}" for score in SCORES for end in ("low", "high"))


@pghistory.track()
class LevelScore(models.Model):
    """Goh scores of one of the five levels, in % of the lung area of that slice.

    Versions of a model stand beside each other; `current` is the one of its source that counts. Measured scores
    name no model: the engine of the quantification made them.
    """

    quantification = models.ForeignKey(Quantification, on_delete=models.CASCADE, related_name="levels")
    source = models.CharField(max_length=8, choices=ScoreSource.choices)
    level = models.PositiveSmallIntegerField(help_text=_("1 great vessels to 5 above the diaphragm"))
    slice = models.PositiveIntegerField(null=True, blank=True, help_text=_("From 0 at the feet."))
    position_mm = number(_("mm, DICOM patient z"))
    sop_uid = models.CharField(max_length=64, blank=True)
    tot = number(_("% of lung area"))
    gg = number(_("% of lung area"))
    ret = number(_("% of lung area"))
    tot_low = number(_("% of lung area"))
    tot_high = number(_("% of lung area"))
    gg_low = number(_("% of lung area"))
    gg_high = number(_("% of lung area"))
    ret_low = number(_("% of lung area"))
    ret_high = number(_("% of lung area"))
    confidence = number(_("0 to 1"))
    model = models.CharField(max_length=80, blank=True, help_text=_("Empty: the engine of the quantification."))
    model_version = models.CharField(max_length=VERSION_LETTERS, blank=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["quantification", "source", "model", "model_version", "level"], name="level_once_per_model"
            ),
            models.UniqueConstraint(
                fields=["quantification", "source", "level"],
                condition=Q(current=True),
                name="level_one_current_per_source",
            ),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="level_1_to_5"),
            one_of("source", ScoreSource, "level_source"),
        ]

    def __str__(self) -> str:
        return f"level {self.level} ({self.source})"
