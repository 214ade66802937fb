"""How the OpenAPI document describes the resources."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """Reads summaries and descriptions from the views; every operation may answer with a problem."""
