"""What every clinical fact of a patient shows and takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ildportal import access
from ildportal.api.serializers.strict import StrictModel
from patients import services
from patients.models import Patient, Site

ORIGIN = ["recorded_by", "recorded_at", "source", "source_detail"]
HELP = {
    "date": "Day of the fact; a month or a year is given by its first day.",
    "date_precision": "How exactly the date is known: day, month or year.",
    "recorded_at": "When it was recorded.",
    "source": "How it came in: form, import file, DICOM, API, demonstration data.",
    "source_detail": "Import file and row, sending station, name of the API token.",
}


class SiteCode(serializers.SlugRelatedField[Site]):
    """A site of the user, by its code."""

    default_error_messages = {"does_not_exist": "{value} is no site that you are a member of."}

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", queryset=Site.objects.none(), **options)

    def get_queryset(self) -> Any:
        return access.sites_for(self.context["request"].user)


class PatientCode(serializers.SlugRelatedField[Patient]):
    """A patient whom the user sees, by code."""

    default_error_messages = {"does_not_exist": "{value} is no patient of yours."}

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", queryset=Patient.objects.none(), **options)

    def get_queryset(self) -> Any:
        return access.patients_for(self.context["request"].user).select_related("site")


class RecordSerializer(StrictModel):
    """A row that says who recorded it, when and from where."""

    recorded_by = serializers.SlugRelatedField[Any](
        slug_field="username",
        read_only=True,
        allow_null=True,
        help_text="User name of who recorded it; null for nobody.",
    )

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Help texts that every record shares, and what clients never write."""
        own = super().get_extra_kwargs()
        for name, text in HELP.items():
            own.setdefault(name, {}).setdefault("help_text", text)
        for name in ("recorded_at", "source", "source_detail"):
            own[name]["read_only"] = True
        return own


class FactSerializer(RecordSerializer):
    """A fact of one patient, who stays the same for ever."""

    patient = PatientCode(help_text="Code of the patient.")

    def validate_patient(self, patient: Patient) -> Patient:
        if self.instance is not None and self.instance.patient_id != patient.pk:
            raise serializers.ValidationError("cannot change: remove the record and enter it anew.", code="moved")
        return patient

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return services.correct(instance, **validated_data)
