from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from quant import workers

pytestmark = pytest.mark.django_db


def test_live_needs_no_login(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_looks_at_database_broker_and_storage(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path / "storage"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "failed": [], "workers": 0})


def test_ready_counts_the_workers_that_live(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE = tmp_path / "storage"
    workers.beat("gpu-1/77")
    workers.beat("gpu-2/12")
    workers.stop("gpu-2/12")
    assert client.get("/health/ready").json()["workers"] == 1


def test_ready_names_what_failed(client: Client, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.STORAGE = tmp_path / "file" / "storage"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed", "failed": ["storage"], "workers": 0})
