"""Patients, their diagnoses and antibodies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ildportal import access
from ildportal.api.serializers.strict import StrictModel
from patients import services
from patients.models import Patient, Site


class SiteCode(serializers.SlugRelatedField[Site]):
    """A site of the user, by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", queryset=Site.objects.none(), **options)

    def get_queryset(self) -> Any:
        return access.sites_for(self.context["request"].user)


class PatientSerializer(StrictModel):
    site = SiteCode(help_text="Code of the site whose members see the patient.")

    class Meta:
        model = Patient
        fields = [
            "code", "site", "birth_date", "sex", "gender_identity", "ethnicity_gli", "ssc_subset", "raynaud_onset",
            "raynaud_onset_precision", "first_non_raynaud", "first_non_raynaud_precision", "smoking", "pack_years",
            "death_date", "death_precision", "death_cause", "transplant_date", "last_seen_alive", "recorded_at",
            "source", "source_detail",
        ]  # fmt: skip
        read_only_fields = ["recorded_at", "source", "source_detail"]

    def create(self, validated_data: dict[str, Any]) -> Patient:
        return services.create_patient(**validated_data)
