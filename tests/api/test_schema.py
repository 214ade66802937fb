"""The OpenAPI document is valid, complete, says its units, and is shown to those who are signed in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    """Generated as `manage.py spectacular` does it: a warning or an invalid document fails."""
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    found: Document = json.loads(out.getvalue())
    return found


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def properties(document: Document) -> Iterator[tuple[str, Document]]:
    for name, component in document["components"]["schemas"].items():
        for field, shape in component.get("properties", {}).items():
            yield f"{name}.{field}", shape


def numeric(shape: Document) -> bool:
    kinds = shape.get("type", "")
    return bool({"number", "integer"} & set([kinds] if isinstance(kinds, str) else kinds))


def test_it_is_openapi_3_1(document: Document) -> None:
    assert document["openapi"] == "3.1.0"
    assert len(document["paths"]) == 40


def test_every_operation_is_described(document: Document) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert {"400", "401", "429"} <= set(operation["responses"]), name
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
        assert all(one.get("description") for one in operation.get("parameters", [])), name


def test_every_number_says_what_it_is(document: Document) -> None:
    silent = [
        name
        for name, shape in properties(document)
        if numeric(shape) and not shape.get("description") and name.rsplit(".", 1)[1] not in ("id", "count")
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("PFT.fvc_l", "L"), ("PFT.dlco_mmol_min_kpa", "mmol/min/kPa"), ("PFT.haemoglobin_g_dl", "g/dL"),
        ("PFT.height_cm", "cm"), ("Quantification.lesion_percent", "%"), ("Lungs.volume_ml", "mL"),
        ("Lungs.mean_density_hu", "HU"), ("Pattern.ml", "mL"), ("Lobe.severity", "0 to 5"),
        ("Level.position_mm", "mm"),
        ("HeatPart.percent", "% of the lung area"), ("HeatScale.threshold", "Points"),
        ("Series.slice_thickness_mm", "mm"), ("Dlco.value", "unit beside it"),
    ],
)  # fmt: skip
def test_units_stand_in_the_descriptions(document: Document, field: str, unit: str) -> None:
    assert unit in dict(properties(document))[field]["description"]


def test_bodies_are_closed(document: Document) -> None:
    bodies = [one for name, one in document["components"]["schemas"].items() if name.endswith("Request")]
    assert len(bodies) >= 16
    assert all(one["additionalProperties"] is False for one in bodies)


def test_left_out_by_default_is_said(document: Document) -> None:
    parameters = document["paths"]["/api/v1/quantifications/"]["get"]["parameters"]
    assert "Left out" in next(one for one in parameters if one["name"] == "simulated")["description"]


@pytest.mark.django_db
def test_both_are_for_those_signed_in(owner: APIClient, client: Client) -> None:
    assert client.get("/api/schema/").status_code == 401
    assert client.get("/api/docs/").headers["Location"] == "/login/?next=/api/docs/"
    assert b"openapi: 3.1.0" in owner.get("/api/schema/").content
    assert owner.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()["openapi"] == "3.1.0"


@pytest.mark.django_db
def test_the_page_has_nothing_inline(owner: APIClient) -> None:
    page = owner.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert "<script>" not in page
    assert 'data-schema="/api/schema/"' in page
