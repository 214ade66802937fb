"""Goh scores of a measurement by a network: asked for here, read at the quantification when they are done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from ildportal import access
from ildportal.api.serializers.strict import StrictModel
from quant.engine.errors import UnusableInput
from quant.goh import shelf
from quant.models import Quantification, Scoring
from quant.scoring import ask


class ReadQuantification(serializers.PrimaryKeyRelatedField[Quantification]):
    """Numbers of the user's patients, by id."""

    default_error_messages = {"does_not_exist": "{pk_value} is no quantification of a patient of yours."}

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Quantification.objects.none(), **options)

    def get_queryset(self) -> Any:
        return access.quantifications_for(self.context["request"].user)


class ScoringSerializer(StrictModel):
    """`is_new`: whether this was asked for the first time."""

    quantification = ReadQuantification(help_text="Id of the quantification whose five levels are scored.")
    model = serializers.CharField(max_length=80, help_text="Name of the network: goh_scores.")
    version = serializers.CharField(
        source="model_version", max_length=120, help_text="Its version; of an unknown one the answer names those known."
    )
    sha256 = serializers.CharField(source="weights_sha256", read_only=True, help_text="Of its weights.")
    requested_by = serializers.SlugRelatedField[Any](
        slug_field="username", read_only=True, allow_null=True, help_text="User name; null for the portal itself."
    )
    is_new = True

    class Meta:
        model = Scoring
        fields = [
            "id", "quantification", "model", "version", "sha256", "state", "attempts", "reason", "error_code",
            "requested_by", "requested_at", "started_at", "finished_at",
        ]  # fmt: skip
        # The row that is there is the answer, not an error.
        validators: list[Any] = []
        read_only_fields = [
            "state", "attempts", "reason", "error_code", "requested_at", "started_at", "finished_at",
        ]  # fmt: skip
        extra_kwargs = {
            "state": {"help_text": "Done: the scores stand in the quantification's goh.sources.network."},
            "attempts": {"help_text": "How often a worker has begun it."},
        }

    def create(self, validated_data: dict[str, Any]) -> Scoring:
        try:
            chosen = shelf.find(validated_data["model"], validated_data["model_version"], settings.SCORE_MODELS)
        except UnusableInput as error:
            raise serializers.ValidationError({"version": [error.detail]}, code=error.code) from error
        made, self.is_new = ask.request(
            validated_data["quantification"], chosen, requested_by=validated_data["requested_by"]
        )
        return made
