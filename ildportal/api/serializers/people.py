"""Sites, patients, their diagnoses and antibodies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ildportal import access
from ildportal.api.serializers.facts import ORIGIN, FactSerializer, RecordSerializer, SiteCode
from patients import services
from patients.models import Antibody, Diagnosis, Patient, Site


class SiteSerializer(serializers.ModelSerializer[Site]):
    class Meta:
        model = Site
        fields = ["code", "name"]
        extra_kwargs = {"code": {"help_text": "By which patients name it."}, "name": {"help_text": "In full."}}


class PatientSerializer(RecordSerializer):
    """Names and identifiers stay inside: the API knows people by their pseudonym alone."""

    site = SiteCode(required=False, help_text="Code of the site whose members see the patient; yours if you have one.")

    class Meta:
        model = Patient
        fields = [
            "code", "site", "birth_date", "sex", "gender_identity", "ethnicity_gli", "ssc_subset", "raynaud_onset",
            "raynaud_onset_precision", "first_non_raynaud", "first_non_raynaud_precision", "smoking", "pack_years",
            "death_date", "death_precision", "death_cause", "transplant_date", "last_seen_alive", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "code": {"required": False, "help_text": "Pseudonym, for example SSc-0147; made when left out."},
            "pack_years": {"help_text": "Packs a day times years."},
            "death_date": {"help_text": "The one place where a death is recorded; not before a visit on record."},
            "death_precision": {"help_text": "How exactly death_date is known: day, month or year."},
            "transplant_date": {"help_text": "The one place where a lung transplant is recorded."},
            "raynaud_onset": {"help_text": "First Raynaud symptom."},
            "first_non_raynaud": {"help_text": "First other sign of systemic sclerosis."},
        }

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        if self.instance is not None:
            fields["code"].read_only = True
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None and "site" not in attrs:
            mine = list(access.sites_for(self.context["request"].user)[:2])
            if len(mine) != 1:
                raise serializers.ValidationError({"site": ["is missing: you are a member of several."]})
            attrs["site"] = mine[0]
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Patient:
        return services.create_patient(**validated_data)

    def update(self, instance: Patient, validated_data: dict[str, Any]) -> Patient:
        return services.update_patient(instance, **validated_data)


class DiagnosisSerializer(FactSerializer):
    class Meta:
        model = Diagnosis
        fields = [
            "id", "patient", "code", "text", "date", "date_precision", "confidence", "decided_by", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "date": {"help_text": "From when on it counts; the latest diagnosis counts."},
            "confidence": {"help_text": "Definite, or provisional with high or low confidence."},
        }

    def create(self, validated_data: dict[str, Any]) -> Diagnosis:
        return services.record_diagnosis(**validated_data)


class AntibodySerializer(FactSerializer):
    class Meta:
        model = Antibody
        fields = [
            "id", "patient", "code", "text", "result", "titre", "titre_unit", "date", "date_precision", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "text": {"help_text": "Name when the code is 'other', or a remark."},
            "titre": {"help_text": "In titre_unit."},
        }

    def create(self, validated_data: dict[str, Any]) -> Antibody:
        return services.record_antibody(**validated_data)
