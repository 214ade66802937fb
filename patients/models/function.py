"""Lung function: one row a test session, and the reference values derived from it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients.models.fields import ClinicalRecord, between, one_of, ordered, positive
from patients.models.guards import not_in_future, within_life
from patients.models.people import Patient

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Grade(models.TextChoices):
    """ATS/ERS grade of a session; D to F and U, usable but not acceptable, are hollow on charts and in no fit."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"
    E = "E", "E"
    F = "F", "F"
    U = "U", "U"


class Bronchodilator(models.TextChoices):
    PRE = "pre", _("before bronchodilator")
    POST = "post", _("after bronchodilator")


class VolumeMethod(models.TextChoices):
    PLETHYSMOGRAPHY = "plethysmography", _("plethysmography")
    DILUTION = "dilution", _("gas dilution")


class NotDone(models.TextChoices):
    NOT_ORDERED = "not ordered", _("not ordered")
    COULD_NOT = "could not perform", _("could not perform")
    REFUSED = "refused", _("refused")
    TECHNICAL = "technical", _("technical")


class DlcoUnit(models.TextChoices):
    SI = "mmol/min/kPa", "mmol/min/kPa"
    TRADITIONAL = "mL/min/mmHg", "mL/min/mmHg"


def measured(digits: int, places: int, help_text: StrOrPromise) -> models.DecimalField[Any, Decimal | None]:
    """A measured quantity; its unit stands in the field's name and in `help_text`."""
    return models.DecimalField(max_digits=digits, decimal_places=places, null=True, blank=True, help_text=help_text)


POSITIVE = (
    "weight_kg", "fvc_l", "fev1_l", "fev1_fvc_percent", "mef2575_l_s", "dlco_mmol_min_kpa", "dlco_entered",
    "kco_mmol_min_kpa_l", "va_l", "tlc_l", "rv_l", "frc_l", "sgaw_per_s_kpa", "haemoglobin_g_dl",
)  # fmt: skip


@pghistory.track()
class PulmonaryFunctionTest(ClinicalRecord):
    """One test session. The database holds off what is impossible; what is merely implausible is a finding."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="pfts")
    date = models.DateField()
    time = models.TimeField(null=True, blank=True)
    height_cm = measured(5, 1, _("cm; impossible outside 50 to 250"))
    weight_kg = measured(5, 1, _("kg"))
    fvc_l = measured(6, 3, _("L"))
    fev1_l = measured(6, 3, _("L; not above FVC"))
    fev1_fvc_percent = measured(6, 3, _("%; kept only when FEV1 or FVC is missing, else derived"))
    mef2575_l_s = measured(6, 3, _("L/s"))
    dlco_mmol_min_kpa = measured(8, 4, _("mmol/min/kPa"))
    dlco_entered = measured(8, 4, _("as entered, in dlco_entered_unit"))
    dlco_entered_unit = models.CharField(max_length=12, choices=DlcoUnit.choices, blank=True)
    kco_mmol_min_kpa_l = measured(8, 4, _("mmol/min/kPa/L"))
    va_l = measured(6, 3, _("L"))
    tlc_l = measured(6, 3, _("L"))
    rv_l = measured(6, 3, _("L; below TLC"))
    frc_l = measured(6, 3, _("L; below TLC"))
    volume_method = models.CharField(max_length=15, choices=VolumeMethod.choices, blank=True)
    sgaw_per_s_kpa = measured(6, 3, _("1/(s kPa)"))
    haemoglobin_g_dl = measured(5, 2, _("g/dL"))
    hb_date = models.DateField(null=True, blank=True)
    bronchodilator = models.CharField(max_length=4, choices=Bronchodilator.choices, blank=True)
    quality_fvc = models.CharField(max_length=1, choices=Grade.choices, blank=True)
    quality_dlco = models.CharField(max_length=1, choices=Grade.choices, blank=True)
    dlco_not_done_reason = models.CharField(max_length=17, choices=NotDone.choices, blank=True)
    laboratory = models.CharField(max_length=120, blank=True)
    device = models.CharField(max_length=120, blank=True)
    position = models.CharField(max_length=40, blank=True, help_text=_("Sitting, supine."))

    class Meta:
        ordering = ["date", "time"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "date", "time", "bronchodilator"], name="pft_once", nulls_distinct=False
            ),
            between("height_cm", 50, 250, "pft_height_50_to_250_cm"),
            *positive(*POSITIVE, prefix="pft"),
            between("haemoglobin_g_dl", 0, 30, "pft_haemoglobin_in_g_dl"),
            ordered("fev1_l", "fvc_l", "pft_fev1_not_above_fvc"),
            ordered("rv_l", "tlc_l", "pft_rv_below_tlc", strict=True),
            ordered("frc_l", "tlc_l", "pft_frc_below_tlc", strict=True),
            models.CheckConstraint(
                condition=Q(dlco_not_done_reason="") | Q(dlco_mmol_min_kpa__isnull=True),
                name="pft_dlco_either_value_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(dlco_entered__isnull=True) ^ ~Q(dlco_entered_unit=""), name="pft_dlco_entered_with_unit"
            ),
        ]
        triggers = [within_life("pft"), not_in_future("pft")]

    def __str__(self) -> str:
        return f"PFT {self.date}"


class Measure(models.TextChoices):
    FVC = "FVC", "FVC"
    FEV1 = "FEV1", "FEV1"
    FEV1_FVC = "FEV1/FVC", "FEV1/FVC"
    MEF2575 = "MEF25-75", "MEF25-75"
    DLCO = "DLCO", "DLCO"
    DLCO_HB = "DLCO-Hb", _("DLCO, haemoglobin-corrected")
    KCO = "KCO", "KCO"
    VA = "VA", "VA"
    TLC = "TLC", "TLC"
    RV = "RV", "RV"
    FRC = "FRC", "FRC"
    RV_TLC = "RV/TLC", "RV/TLC"


class EquationSet(models.TextChoices):
    GLI_2012 = "GLI-2012", "GLI-2012"
    GLI_GLOBAL_2022 = "GLI-Global-2022", "GLI Global 2022"
    GLI_2017 = "GLI-2017", "GLI-2017 TLCO (2020)"
    GLI_2021 = "GLI-2021", "GLI-2021"


@pghistory.track()
class DerivedValue(models.Model):
    """A measure beside its reference; values of different equation sets are never compared."""

    pft = models.ForeignKey(PulmonaryFunctionTest, on_delete=models.CASCADE, related_name="derived")
    measure = models.CharField(max_length=8, choices=Measure.choices)
    equation_set = models.CharField(max_length=16, choices=EquationSet.choices)
    predicted = models.FloatField(help_text=_("In the unit of the measure."))
    lln = models.FloatField(help_text=_("Lower limit of normal, 5th percentile, in the unit of the measure."))
    uln = models.FloatField(help_text=_("Upper limit of normal, 95th percentile, in the unit of the measure."))
    z = models.FloatField(help_text=_("Standard deviations from the median of the reference population."))
    percent_predicted = models.FloatField(help_text=_("%; unrounded."))
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pft", "measure", "equation_set"], name="derived_once_per_set"),
            one_of("measure", Measure, "derived_measure"),
            one_of("equation_set", EquationSet, "derived_equation_set"),
            ordered("lln", "uln", "derived_lln_below_uln"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.percent_predicted:.1f} % ({self.equation_set})"


class FindingKind(models.TextChoices):
    NOTE = "note", _("note")
    IMPLAUSIBLE = "implausible", _("implausible")
    INCONSISTENT = "inconsistent", _("inconsistent")


@pghistory.track()
class PFTFinding(models.Model):
    """Something about a stored session that a person should look at; what is impossible is never stored.

    Accepting one keeps who did it and why; an acceptance holds for the two values that were compared.
    """

    # Of rows that selectors.findings has read: a person should look at it.
    waiting: bool
    pft = models.ForeignKey(PulmonaryFunctionTest, on_delete=models.CASCADE, related_name="findings")
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=FindingKind.choices)
    field = models.CharField(max_length=40, help_text=_("The field that it is about."))
    sentence = models.CharField(max_length=300)
    found = models.CharField(max_length=60, help_text=_("The value on record, with its unit."))
    expected = models.CharField(max_length=60, help_text=_("What it was compared with."))
    blocks = models.BooleanField(default=False, help_text=_("Nothing is computed from the value until accepted."))
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pft", "field", "code"]
        constraints = [
            models.UniqueConstraint(fields=["pft", "code", "field"], name="pft_finding_once"),
            one_of("kind", FindingKind, "pft_finding_kind"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) ^ ~Q(accepted_reason=""), name="pft_finding_accepted_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def open(self) -> bool:
        """Nobody has accepted it yet."""
        return self.accepted_at is None
