"""The course: observations, symptoms, treatments, events."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from patients.models.fields import ClinicalRecord, between, one_of, ordered, positive, precision_field
from patients.models.people import Patient


@pghistory.track()
class Observation(ClinicalRecord):
    """Anything else measured, by code (patients/codes.py lists those shipped and their ranges)."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="observations")
    date = models.DateField()
    date_precision = precision_field()
    system = models.CharField(max_length=20, default="local", help_text=_("http://loinc.org is written loinc."))
    code = models.CharField(max_length=40)
    value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(condition=Q(value__isnull=False) | ~Q(text=""), name="observation_says_something")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value if self.value is not None else self.text} {self.unit}".strip()


class SymptomChange(models.TextChoices):
    BETTER = "better", _("better")
    SAME = "same", _("same")
    WORSE = "worse", _("worse")
    UNKNOWN = "unknown", _("unknown")


@pghistory.track()
class SymptomAssessment(ClinicalRecord):
    """What the rules read as worsening respiratory symptoms."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="symptoms")
    date = models.DateField()
    date_precision = precision_field()
    dyspnoea = models.CharField(max_length=8, choices=SymptomChange.choices, default=SymptomChange.UNKNOWN)
    cough = models.CharField(max_length=8, choices=SymptomChange.choices, default=SymptomChange.UNKNOWN)
    mmrc = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("mMRC grade 0 to 4"))
    text = models.TextField(blank=True)
    assessor = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [
            one_of("dyspnoea", SymptomChange, "symptom_dyspnoea"),
            one_of("cough", SymptomChange, "symptom_cough"),
            between("mmrc", 0, 4, "symptom_mmrc_0_to_4"),
        ]

    def __str__(self) -> str:
        return f"symptoms {self.date}"


class Drug(models.TextChoices):
    """Drug with its ATC code where there is one (see ATC)."""

    MYCOPHENOLATE = "mycophenolate", _("mycophenolate")
    CYCLOPHOSPHAMIDE = "cyclophosphamide", _("cyclophosphamide")
    RITUXIMAB = "rituximab", _("rituximab")
    TOCILIZUMAB = "tocilizumab", _("tocilizumab")
    NINTEDANIB = "nintedanib", _("nintedanib")
    PIRFENIDONE = "pirfenidone", _("pirfenidone")
    NERANDOMILAST = "nerandomilast", _("nerandomilast")
    PREDNISONE = "prednisone", _("prednisone")
    AZATHIOPRINE = "azathioprine", _("azathioprine")
    TACROLIMUS = "tacrolimus", _("tacrolimus")
    METHOTREXATE = "methotrexate", _("methotrexate")
    HSCT = "HSCT", _("haematopoietic stem cell transplantation")
    OTHER = "other", _("other")


ATC = {
    Drug.MYCOPHENOLATE: "L04AA06",
    Drug.CYCLOPHOSPHAMIDE: "L01AA01",
    Drug.RITUXIMAB: "L01FA01",
    Drug.TOCILIZUMAB: "L04AC07",
    Drug.NINTEDANIB: "L01EX09",
    Drug.PIRFENIDONE: "L04AX05",
    Drug.PREDNISONE: "H02AB07",
    Drug.AZATHIOPRINE: "L04AX01",
    Drug.TACROLIMUS: "L04AD02",
    Drug.METHOTREXATE: "L04AX03",
}


def _point(expression: F | Func | Cast) -> Func:
    """Equality of a number as an overlap of one-value ranges: core GiST, no extension needed."""
    return Func(expression, expression, Value("[]"), function="int8range")


@pghistory.track()
class Treatment(ClinicalRecord):
    """A drug at a dose from `start` up to (not including) `stop`; a change of dose is a new row."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="treatments")
    drug = models.CharField(max_length=20, choices=Drug.choices)
    drug_text = models.CharField(max_length=120, blank=True, help_text=_("Name when the drug is 'other'."))
    dose = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    start = models.DateField()
    start_precision = precision_field()
    stop = models.DateField(null=True, blank=True)
    stop_precision = precision_field()
    stop_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["start"]
        constraints = [
            one_of("drug", Drug, "treatment_drug"),
            models.CheckConstraint(condition=~Q(drug="other") ^ ~Q(drug_text=""), name="treatment_other_named"),
            ordered("start", "stop", "treatment_start_before_stop"),
            *positive("dose", prefix="treatment"),
            models.CheckConstraint(condition=Q(dose__isnull=True) | ~Q(unit=""), name="treatment_dose_with_unit"),
            ExclusionConstraint(
                name="treatment_no_overlap_of_same_drug",
                expressions=[
                    (_point(F("patient")), RangeOperators.OVERLAPS),
                    (
                        _point(
                            Cast(
                                Func(Concat(F("drug"), Value(":"), F("drug_text")), function="hashtext"),
                                models.BigIntegerField(),
                            )
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("start"), F("stop"), Value("[)"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug_text or self.drug} from {self.start}"


class EventType(models.TextChoices):
    """Death and transplant are not here: they are dates of the patient, stored once (selectors.course)."""

    EXACERBATION = "acute exacerbation", _("acute exacerbation")
    RESPIRATORY_HOSPITALISATION = "respiratory hospitalisation", _("respiratory hospitalisation")
    OTHER_HOSPITALISATION = "other hospitalisation", _("other hospitalisation")
    INFECTION = "infection", _("infection")
    OXYGEN = "oxygen started", _("oxygen started")
    PULMONARY_HYPERTENSION = "pulmonary hypertension", _("pulmonary hypertension (right heart catheter)")
    CANCER = "cancer", _("cancer")
    PREGNANCY = "pregnancy", _("pregnancy")
    OTHER = "other", _("other")


class Certainty(models.TextChoices):
    DEFINITE = "definite", _("definite")
    SUSPECTED = "suspected", _("suspected")


@pghistory.track()
class ClinicalEvent(ClinicalRecord):
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=30, choices=EventType.choices)
    certainty = models.CharField(max_length=9, choices=Certainty.choices, blank=True)
    date = models.DateField()
    date_precision = precision_field()
    end_date = models.DateField(null=True, blank=True)
    adjudicated = models.BooleanField(default=False)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [
            one_of("type", EventType, "event_type"),
            ordered("date", "end_date", "event_start_before_end"),
            models.CheckConstraint(
                condition=~Q(type="acute exacerbation") ^ ~Q(certainty=""), name="event_exacerbation_certainty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.date}"
