"""The course: observations, symptoms, treatments, events."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ildportal.api.serializers.facts import ORIGIN, FactSerializer
from patients import codes, services
from patients.models import ATC, ClinicalEvent, EventType, Observation, SymptomAssessment, Treatment


class ObservationSerializer(FactSerializer):
    finding = serializers.SerializerMethodField(help_text="Why the value is unusual; empty when it is not.")

    class Meta:
        model = Observation
        fields = [
            "id", "patient", "date", "date_precision", "system", "code", "value", "unit", "text", "finding", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "code": {"help_text": "LOINC code, or the portal's own; docs/api.md lists those with a fixed unit."},
            "value": {"help_text": "In the unit named beside it."},
            "unit": {"help_text": "UCUM unit of the value."},
        }

    def create(self, validated_data: dict[str, Any]) -> Observation:
        return services.record_observation(**validated_data)

    @extend_schema_field(serializers.CharField())
    def get_finding(self, observation: Observation) -> str:
        known = codes.BY_CODE.get((observation.system, observation.code))
        if known is None or observation.value is None or known.low <= observation.value <= known.high:
            return ""
        return f"unusual: {known.low} to {known.high} {known.unit}".rstrip() + " is expected"


class SymptomsSerializer(FactSerializer):
    class Meta:
        model = SymptomAssessment
        fields = [
            "id", "patient", "date", "date_precision", "dyspnoea", "cough", "mmrc", "text", "assessor", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "dyspnoea": {"help_text": "Change since the assessment before."},
            "cough": {"help_text": "Change since the assessment before."},
        }

    def create(self, validated_data: dict[str, Any]) -> SymptomAssessment:
        return services.record_symptoms(**validated_data)


class TreatmentSerializer(FactSerializer):
    atc = serializers.SerializerMethodField(help_text="ATC code of the drug; empty where there is none.")

    class Meta:
        model = Treatment
        fields = [
            "id", "patient", "drug", "drug_text", "atc", "dose", "unit", "start", "start_precision", "stop",
            "stop_precision", "stop_reason", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "dose": {"help_text": "In the unit named beside it."},
            "unit": {"help_text": "Unit of the dose with its rhythm, such as mg/day or mg bid."},
            "start": {"help_text": "First day."},
            "stop": {"help_text": "First day without the drug; empty while it goes on."},
        }

    def create(self, validated_data: dict[str, Any]) -> Treatment:
        return services.record_treatment(**validated_data)

    @extend_schema_field(serializers.CharField())
    def get_atc(self, treatment: Treatment) -> str:
        return {drug.value: code for drug, code in ATC.items()}.get(treatment.drug, "")


class EventSerializer(FactSerializer):
    type = serializers.ChoiceField(
        choices=EventType.choices,
        help_text="Death and lung transplant are dates of the patient: write them at /patients/.",
    )

    class Meta:
        model = ClinicalEvent
        fields = [
            "id", "patient", "type", "certainty", "date", "date_precision", "end_date", "adjudicated", "text", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "certainty": {"help_text": "How sure an acute exacerbation is; empty for other events."},
            "end_date": {"help_text": "Last day, where the event lasted."},
            "adjudicated": {"help_text": "Confirmed by a second look."},
        }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and data.get("type") in ("death", "transplant", "lung transplant"):
            field = "death_date" if data["type"] == "death" else "transplant_date"
            place = f"is a date of the patient: write {field} at /api/v1/patients/CODE/."
            raise serializers.ValidationError({"type": [serializers.ErrorDetail(place, code="elsewhere")]})
        return super().to_internal_value(data)

    def create(self, validated_data: dict[str, Any]) -> ClinicalEvent:
        return services.record_event(**validated_data)
