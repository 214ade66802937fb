"""Serializers that take a body at its word: what they do not know, they refuse by name."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ValidationError


class Finite(serializers.FloatField):
    """A number that is one: neither NaN nor infinite."""

    def to_internal_value(self, data: Any) -> float:
        value: float = super().to_internal_value(data)
        if isinstance(data, bool) or not math.isfinite(value):
            self.fail("invalid")
        return value


class Rounded(serializers.DecimalField):
    """A measured value, rounded to the places that the record keeps, as the import of files does."""

    def validate_precision(self, value: Decimal) -> Decimal:
        if self.decimal_places is not None and value.adjusted() < 20:
            value = value.quantize(Decimal(1).scaleb(-self.decimal_places), ROUND_HALF_EVEN)
        return super().validate_precision(value)


class Strict(serializers.Serializer[Any]):
    """Refuses unknown fields, and read-only ones whose value would change."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            self._refuse(data)
        return super().to_internal_value(data)

    def _refuse(self, data: dict[str, Any]) -> None:
        errors: dict[str, list[str]] = {}
        for name in data:
            field = self.fields.get(name)
            if field is None:
                errors[name] = [serializers.ErrorDetail("is not a field of this resource.", code="unknown")]
            elif field.read_only and not self._unchanged(name, data[name]):
                errors[name] = [serializers.ErrorDetail("is read only: leave it out.", code="read_only")]
        if errors:
            raise ValidationError(errors)

    def _unchanged(self, name: str, value: Any) -> bool:
        """A body that was read before and is sent back may hold what cannot be written."""
        if self.instance is None:
            return False
        import json

        from rest_framework.utils.encoders import JSONEncoder

        shown = json.loads(json.dumps(self.to_representation(self.instance)[name], cls=JSONEncoder))
        return bool(shown == value)


class StrictModel(Strict, serializers.ModelSerializer[Any]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.FloatField: Finite,
        models.DecimalField: Rounded,
    }
