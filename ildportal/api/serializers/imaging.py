"""Chest CT: studies, series and readers' words. What identifies a person stays inside."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ildportal import access
from ildportal.api.serializers.facts import ORIGIN, RecordSerializer
from patients import services
from patients.models import CTAssessment, CTSeries, CTStudy


class StudySerializer(RecordSerializer):
    patient = serializers.SlugRelatedField[CTStudy](
        slug_field="code",
        read_only=True,
        allow_null=True,
        help_text="Code of the patient; null while the study is held.",
    )
    site = serializers.SlugRelatedField[CTStudy](slug_field="code", read_only=True, help_text="Who received it.")
    series = serializers.PrimaryKeyRelatedField[CTSeries](many=True, read_only=True, help_text="Its series, by id.")

    class Meta:
        model = CTStudy
        fields = [
            "id", "study_uid", "patient", "site", "hold_code", "hold_reason", "date", "time", "description", "series",
            "received_at", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "study_uid": {"help_text": "DICOM Study Instance UID."},
            "hold_code": {"help_text": "Why it waits for a person; empty when it is linked."},
            "date": {"help_text": "Day of the scan."},
            "time": {"help_text": "Time of the scan."},
            "received_at": {"help_text": "When its first file came in."},
        }


class SeriesSerializer(serializers.ModelSerializer[CTSeries]):
    class Meta:
        model = CTSeries
        fields = [
            "id", "study", "series_uid", "number", "description", "modality", "kernel", "kernel_class",
            "slice_thickness_mm", "spacing_between_mm", "rows", "columns", "pixel_spacing_mm", "slices", "kvp",
            "manufacturer", "model", "contrast", "position", "breath", "orientation", "coverage_mm", "chosen",
            "choice_reason", "quality_codes",
        ]  # fmt: skip
        extra_kwargs = {
            "study": {"help_text": "Id of the study."},
            "series_uid": {"help_text": "DICOM Series Instance UID."},
            "number": {"help_text": "DICOM Series Number."},
            "slices": {"help_text": "Number of stored slices."},
            "rows": {"help_text": "Pixels."},
            "columns": {"help_text": "Pixels."},
            "chosen": {"help_text": "This series of its study is measured."},
            "choice_reason": {"help_text": "Why it is, or is not."},
            "quality_codes": {"help_text": "Flags that stay beside the numbers (docs/intake.md)."},
        }


class ReadStudy(serializers.PrimaryKeyRelatedField[CTStudy]):
    """A CT study of the user's patients, by id."""

    default_error_messages = {"does_not_exist": "{pk_value} is no CT study of a patient of yours."}

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=CTStudy.objects.none(), **options)

    def get_queryset(self) -> Any:
        studies = access.studies_for(self.context["request"].user)
        return studies.filter(patient__isnull=False).select_related("patient")


class AssessmentSerializer(RecordSerializer):
    """`is_new`: whether what was written is a word of its own, or amends the same reader's earlier one."""

    study = ReadStudy(help_text="Id of the study that was read; it stays.")
    prior_study = ReadStudy(
        required=False,
        allow_null=True,
        help_text="Id of the earlier study of the same patient that it was compared with; null: not said.",
    )
    is_new = True

    class Meta:
        model = CTAssessment
        fields = [
            "id", "study", "prior_study", "assessor", "date", "fibrosis_present", "alternative_explanation",
            "traction_bronchiectasis_more", "new_ggo_with_traction", "new_fine_reticulation", "reticulation_more",
            "honeycombing_more", "volume_loss_more", "fibrosis_more", "pattern", "text", *ORIGIN,
        ]  # fmt: skip
        extra_kwargs = {
            "assessor": {"help_text": "Who read it."},
            "date": {"help_text": "Day of the reading."},
            "pattern": {"help_text": "Pattern of the scan; empty where it is not said."},
            "text": {"help_text": "In the reader's own words."},
        }

    def validate_study(self, study: CTStudy) -> CTStudy:
        if self.instance is not None and self.instance.study_id != study.pk:
            raise serializers.ValidationError("cannot change: assess the other scan anew.", code="moved")
        return study

    def create(self, validated_data: dict[str, Any]) -> CTAssessment:
        made, self.is_new = services.assess_ct(**validated_data)
        return made

    def update(self, instance: CTAssessment, validated_data: dict[str, Any]) -> CTAssessment:
        return services.amend_ct_assessment(instance, **validated_data)
