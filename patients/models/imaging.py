"""Chest CT: the study, its series and slices, and a reader's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from patients.models.fields import ClinicalRecord, EncryptedTextField, one_of, positive
from patients.models.guards import not_in_future, within_life
from patients.models.people import Patient, Site

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class KernelClass(models.TextChoices):
    SOFT = "soft", _("soft")
    MEDIUM = "medium", _("medium")
    SHARP = "sharp", _("sharp")
    UNKNOWN = "unknown", _("unknown")


class YesNoUnknown(models.TextChoices):
    YES = "yes", _("yes")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("unknown")


class Position(models.TextChoices):
    SUPINE = "supine", _("supine")
    PRONE = "prone", _("prone")
    UNKNOWN = "unknown", _("unknown")


class Breath(models.TextChoices):
    INSPIRATION = "inspiration", _("inspiration")
    EXPIRATION = "expiration", _("expiration")
    UNKNOWN = "unknown", _("unknown")


class HoldCode(models.TextChoices):
    """Why a study waits for a person instead of standing in a patient's record."""

    NO_PATIENT_ID = "no_patient_id", _("PatientID missing")
    CONFLICT = "conflict", _("sex or birth date differ from the patient's")
    UNKNOWN_PATIENT = "unknown_patient", _("no such patient, and new ones are not made here")
    OUTSIDE_LIFE = "outside_life", _("dated before the patient's birth or after death")


@pghistory.track()
class CTStudy(ClinicalRecord):
    """A CT examination. Linked to a patient, or held with a reason: never neither."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="ct_studies")
    hold_code = models.CharField(max_length=16, choices=HoldCode.choices, blank=True)
    hold_reason = models.CharField(max_length=300, blank=True, help_text=_("One sentence; holds no identifier."))
    held_identity = EncryptedTextField(
        blank=True, default="", help_text=_("Identity as the headers give it (JSON), for the person who links it.")
    )
    study_uid = models.CharField(max_length=64, unique=True)
    accession = EncryptedTextField(blank=True, default="")
    date = models.DateField(null=True, blank=True)
    time = models.TimeField(null=True, blank=True)
    description = models.CharField(max_length=200, blank=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="ct_studies")
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("CT study")
        verbose_name_plural = _("CT studies")
        ordering = ["date", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False, hold_code="")
                | Q(patient__isnull=True, hold_code__in=HoldCode.values),
                name="ctstudy_linked_or_held",
            ),
        ]
        triggers = [within_life("ctstudy"), not_in_future("ctstudy")]

    def __str__(self) -> str:
        return f"CT {self.date or 'undated'}"


@pghistory.track()
class CTSeries(models.Model):
    """One reconstruction. `chosen` marks the one of its study that is measured, `choice_reason` says why."""

    study = models.ForeignKey(CTStudy, on_delete=models.PROTECT, related_name="series")
    series_uid = models.CharField(max_length=64, unique=True)
    number = models.IntegerField(null=True, blank=True)
    description = models.CharField(max_length=200, blank=True)
    modality = models.CharField(max_length=16)
    kernel = models.CharField(max_length=80, blank=True)
    kernel_class = models.CharField(max_length=8, choices=KernelClass.choices, default=KernelClass.UNKNOWN)
    slice_thickness_mm = models.FloatField(null=True, blank=True, help_text=_("mm"))
    spacing_between_mm = models.FloatField(
        null=True, blank=True, help_text=_("mm between slice centres, from positions")
    )
    rows = models.PositiveIntegerField(null=True, blank=True)
    columns = models.PositiveIntegerField(null=True, blank=True)
    pixel_spacing_mm = ArrayField(
        models.FloatField(), size=2, null=True, blank=True, help_text=_("mm between rows, mm between columns")
    )
    slices = models.PositiveIntegerField()
    kvp = models.FloatField(null=True, blank=True, help_text=_("kV"))
    manufacturer = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=80, blank=True)
    contrast = models.CharField(max_length=8, choices=YesNoUnknown.choices, default=YesNoUnknown.UNKNOWN)
    position = models.CharField(max_length=8, choices=Position.choices, default=Position.UNKNOWN)
    breath = models.CharField(max_length=12, choices=Breath.choices, default=Breath.UNKNOWN)
    orientation = models.CharField(max_length=20, blank=True, help_text=_("axial, coronal, sagittal, oblique, mixed"))
    coverage_mm = models.FloatField(null=True, blank=True, help_text=_("mm from the first to the last slice centre"))
    pixel_digest = models.CharField(max_length=64, help_text=_("SHA-256 over the slices' pixel digests, by SOP UID."))
    storage_path = models.CharField(max_length=300, help_text=_("Folder below the storage root."))
    chosen = models.BooleanField(default=False)
    choice_reason = models.CharField(max_length=400, blank=True)
    quality_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        verbose_name = _("CT series")
        verbose_name_plural = _("CT series")
        constraints = [
            models.UniqueConstraint(fields=["study"], condition=Q(chosen=True), name="ctseries_one_chosen_per_study"),
            *positive("slice_thickness_mm", "slices", "kvp", prefix="ctseries"),
            one_of("kernel_class", KernelClass, "ctseries_kernel_class"),
            one_of("contrast", YesNoUnknown, "ctseries_contrast"),
            one_of("position", Position, "ctseries_position"),
            one_of("breath", Breath, "ctseries_breath"),
        ]

    def __str__(self) -> str:
        return self.description or self.series_uid


class CTInstance(models.Model):
    """One stored file of a series."""

    series = models.ForeignKey(CTSeries, on_delete=models.CASCADE, related_name="instances")
    sop_uid = models.CharField(max_length=64, unique=True)
    number = models.IntegerField(null=True, blank=True)
    position_mm = models.FloatField(
        null=True, blank=True, help_text=_("mm along the slice normal (DICOM patient axes)")
    )
    pixel_digest = models.CharField(max_length=64, help_text=_("SHA-256 of the encoded pixel data."))
    checksum = models.CharField(max_length=64, help_text=_("SHA-256 of the stored file."))
    path = models.CharField(max_length=400, unique=True, help_text=_("File below the storage root."))
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("CT instance")

    def __str__(self) -> str:
        return self.sop_uid


class Pattern(models.TextChoices):
    UIP = "UIP", "UIP"
    PROBABLE_UIP = "probable UIP", _("probable UIP")
    INDETERMINATE = "indeterminate", _("indeterminate for UIP")
    NSIP = "NSIP", "NSIP"
    OP = "OP", _("organising pneumonia")
    HP = "HP", _("hypersensitivity pneumonitis")
    OTHER = "other", _("other")


def sign(meaning: StrOrPromise) -> models.CharField[str, str]:
    """A radiological sign of progression after PPF 2022."""
    return models.CharField(max_length=8, choices=YesNoUnknown.choices, default=YesNoUnknown.UNKNOWN, help_text=meaning)


@pghistory.track()
class CTAssessment(ClinicalRecord):
    """A reader's word on a scan; the progression rules use it."""

    study = models.ForeignKey(CTStudy, on_delete=models.PROTECT, related_name="assessments")
    prior_study = models.ForeignKey(CTStudy, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    assessor = models.CharField(max_length=120)
    date = models.DateField()
    fibrosis_present = sign(_("Fibrosis on this scan."))
    alternative_explanation = sign(_("Something other than progression explains the change."))
    traction_bronchiectasis_more = sign(_("Traction bronchiectasis or bronchiolectasis increased."))
    new_ggo_with_traction = sign(_("New ground glass with traction bronchiectasis."))
    new_fine_reticulation = sign(_("New fine reticulation."))
    reticulation_more = sign(_("Reticulation more extensive or coarser."))
    honeycombing_more = sign(_("Honeycombing new or increased."))
    volume_loss_more = sign(_("Lobar volume loss increased."))
    fibrosis_more = sign(_("More fibrosis overall."))
    pattern = models.CharField(max_length=14, choices=Pattern.choices, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("CT assessment")
        constraints = [
            models.CheckConstraint(condition=~Q(prior_study=models.F("study")), name="ctassessment_prior_is_another")
        ]

    def __str__(self) -> str:
        return f"CT assessment {self.date}"
