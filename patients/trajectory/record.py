"""Results as plain JSON: dates as ISO 8601, what is not a number as null."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any


class Record:
    """A result that says how it was made; every subclass is a frozen dataclass."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Every field by its name, ready for `json.dumps`."""
        # Any frozen dataclass has fields; the mixin itself is none, so that it adds nothing to their order.
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """`value` in the types of JSON; keys of a mapping become text."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return str(value)
    if hasattr(value, "item"):  # a number of numpy, which json refuses
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
