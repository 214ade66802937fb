"""Lung function, with what is derived from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as Invalid
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from ildportal.api.serializers.facts import ORIGIN, FactSerializer
from ildportal.api.serializers.strict import Rounded, Strict
from patients import services
from patients.models import DerivedValue, PFTFinding, PulmonaryFunctionTest
from patients.models.function import DlcoUnit

MEASURED = [
    "height_cm", "weight_kg", "fvc_l", "fev1_l", "fev1_fvc_percent", "mef2575_l_s", "dlco_mmol_min_kpa", "dlco",
    "kco_mmol_min_kpa_l", "va_l", "tlc_l", "rv_l", "frc_l", "volume_method", "sgaw_per_s_kpa", "haemoglobin_g_dl",
    "hb_date", "bronchodilator", "quality_fvc", "quality_dlco", "dlco_not_done_reason", "laboratory", "device",
    "position",
]  # fmt: skip


class Dlco(Strict):
    """DLCO in the unit in which it was reported."""

    value = Rounded(max_digits=8, decimal_places=4, help_text="In the unit beside it.")
    unit = serializers.ChoiceField(choices=DlcoUnit.choices, help_text="1 mmol/min/kPa = 2.987 mL/min/mmHg.")


class DerivedSerializer(serializers.ModelSerializer[DerivedValue]):
    """A measure beside its reference population."""

    class Meta:
        model = DerivedValue
        fields = ["measure", "equation_set", "predicted", "lln", "uln", "z", "percent_predicted"]
        extra_kwargs = {
            "measure": {"help_text": "Which measure of the session; the numbers are in its unit."},
            "equation_set": {"help_text": "Values of different equation sets are never compared."},
        }


class FindingSerializer(serializers.ModelSerializer[PFTFinding]):
    """Something about the session that a person should look at."""

    accepted = serializers.SerializerMethodField(help_text="A data manager stands for the value.")

    class Meta:
        model = PFTFinding
        fields = ["code", "kind", "field", "sentence", "found", "expected", "blocks", "accepted", "accepted_reason"]
        extra_kwargs = {
            "code": {"help_text": "Name of the check."},
            "kind": {"help_text": "Implausible, inconsistent, or a note of what was done."},
            "sentence": {"help_text": "What is the matter."},
            "accepted_reason": {"help_text": "Why it stands."},
        }

    def get_accepted(self, finding: PFTFinding) -> bool:
        return finding.accepted_at is not None


class PFTFindingSerializer(serializers.ModelSerializer[PFTFinding]):
    """A finding with the session that it is about."""

    patient = serializers.CharField(source="pft.patient.code", read_only=True, help_text="Code of the patient.")
    date = serializers.DateField(source="pft.date", read_only=True, help_text="Day of the session.")
    waiting = serializers.BooleanField(read_only=True, help_text="A person should look at it.")
    accepted_by = serializers.SlugRelatedField[Any](
        slug_field="username", read_only=True, allow_null=True, help_text="User name of who stands for the value."
    )

    class Meta:
        model = PFTFinding
        fields = [
            "id", "patient", "pft", "date", "code", "kind", "field", "sentence", "found", "expected", "blocks",
            "waiting", "accepted_by", "accepted_at", "accepted_reason",
        ]  # fmt: skip
        extra_kwargs = {
            **FindingSerializer.Meta.extra_kwargs,
            "pft": {"help_text": "Id of the session."},
            "accepted_at": {"help_text": "When it was accepted."},
        }


class Acceptance(Strict):
    """Why a value is right although it looks wrong."""

    reason = serializers.CharField(max_length=300, help_text="Kept with your name and the day.")


class PFTSerializer(FactSerializer):
    """One test session; %, z-scores and limits of normal are in `derived`, one entry a measure and equation set."""

    dlco = Dlco(required=False, allow_null=True, help_text="DLCO as reported, instead of dlco_mmol_min_kpa.")
    derived = DerivedSerializer(many=True, read_only=True)
    findings = FindingSerializer(many=True, read_only=True)

    class Meta:
        model = PulmonaryFunctionTest
        fields = ["id", "patient", "date", "time", *MEASURED, "derived", "findings", *ORIGIN]
        extra_kwargs = {
            # What makes a session is checked by the record; REST framework would ask for all of it.
            "time": {"required": False, "help_text": "Time of day at the laboratory."},
            "bronchodilator": {"required": False, "help_text": "Before or after one; sessions before it are compared."},
            "hb_date": {"help_text": "Day of the haemoglobin."},
            "quality_fvc": {"help_text": "ATS/ERS grade; D to F and U are left out of fits and rules."},
            "quality_dlco": {"help_text": "ATS/ERS grade; D to F and U are left out of fits and rules."},
            "volume_method": {"help_text": "How TLC, RV and FRC were measured."},
            "dlco_not_done_reason": {"help_text": "Why there is no DLCO."},
        }
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("dlco") and attrs.get("dlco_mmol_min_kpa") is not None:
            twice = "stands beside dlco_mmol_min_kpa: keep the one that was measured."
            raise ValidationError({"dlco": [ErrorDetail(twice, code="twice")]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> PulmonaryFunctionTest:
        with _as_sent(validated_data):
            return services.record_pft(**_stored(validated_data))

    def update(self, instance: PulmonaryFunctionTest, validated_data: dict[str, Any]) -> PulmonaryFunctionTest:
        with _as_sent(validated_data):
            return services.update_pft(instance, **_stored(validated_data))

    def to_representation(self, instance: PulmonaryFunctionTest) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if instance.fev1_l and instance.fvc_l:
            shown["fev1_fvc_percent"] = round(instance.fev1_l / instance.fvc_l * 100, 3)
        return {**shown, "dlco": _as_reported(instance)}


@contextmanager
def _as_sent(facts: dict[str, Any]) -> Iterator[None]:
    """Name the fields of a refusal as the client sent them."""
    sent = {"dlco_entered": "dlco.value", "dlco_entered_unit": "dlco.unit"}
    if facts.get("dlco"):
        sent["dlco_mmol_min_kpa"] = "dlco.value"
    try:
        yield
    except Invalid as error:
        raise Invalid({sent.get(field, field): faults for field, faults in error.error_dict.items()}) from None


def _stored(facts: dict[str, Any]) -> dict[str, Any]:
    """DLCO as the record keeps it: SI units, and beside them what was entered in another unit."""
    if "dlco" not in facts and "dlco_mmol_min_kpa" not in facts:
        return facts
    reported = facts.pop("dlco", None)
    kept: dict[str, Any] = {"dlco_entered": None, "dlco_entered_unit": ""}
    if reported and reported["unit"] == DlcoUnit.SI:
        kept["dlco_mmol_min_kpa"] = reported["value"]
    elif reported:
        kept |= {"dlco_entered": reported["value"], "dlco_entered_unit": reported["unit"], "dlco_mmol_min_kpa": None}
    return {"dlco_mmol_min_kpa": None, **facts, **kept}


def _as_reported(pft: PulmonaryFunctionTest) -> dict[str, Decimal | str] | None:
    if pft.dlco_entered is not None:
        return {"value": pft.dlco_entered, "unit": pft.dlco_entered_unit}
    if pft.dlco_mmol_min_kpa is not None:
        return {"value": pft.dlco_mmol_min_kpa, "unit": DlcoUnit.SI.value}
    return None
