from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_live_needs_no_login(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_looks_at_database_broker_and_storage(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path / "storage"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "failed": []})


def test_ready_names_what_failed(client: Client, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.STORAGE = tmp_path / "file" / "storage"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed", "failed": ["storage"]})
