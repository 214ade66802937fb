"""What a client sends: the examples of the schema, with changes."""

from __future__ import annotations

from typing import Any

from ildportal.api import examples

RIGHT, CORRECTED = examples.ENTERED, examples.CORRECTED


def body(resource: str, whose: str, **changes: Any) -> dict[str, Any]:
    """A right body for `resource` about the patient of this code, with changes."""
    return {**examples.entered(resource, whose), **changes}
