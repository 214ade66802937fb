"""A setting that cannot be understood, or a secret that is missing in production, stops the start with one line."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ildportal import env
from tests.workers import REPOSITORY

GOOD = {
    "ILDPORTAL_PRODUCTION": "yes",
    "SECRET_KEY": "x" * 60,
    "ILDPORTAL_FIELD_KEYS": "bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYS0=",
    "ILDPORTAL_LOOKUP_KEY": "y" * 40,
    "ILDPORTAL_HOSTS": "ild.example.org",
}


def start(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in {*GOOD, "DJANGO_SETTINGS_MODULE"}}
    return subprocess.run(
        [sys.executable, "-c", "from ildportal import settings as s; print(s.SECRET_KEY, s.DATABASES['default'])"],
        env={**clean, "ILDPORTAL_HOME": str(home), **environment},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_production_starts_with_its_secrets(tmp_path: Path) -> None:
    assert start(tmp_path, **GOOD).returncode == 0
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ILDPORTAL_FIELD_KEYS", "ILDPORTAL_LOOKUP_KEY"])
def test_production_refuses_to_start_without(tmp_path: Path, missing: str) -> None:
    answer = start(tmp_path, **{**GOOD, missing: ""})
    assert answer.returncode != 0
    assert answer.stderr.strip().splitlines() == [
        f"setting {missing}: must be set in production (or {missing}_FILE, the path of a file that holds it)"
    ]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-a-file\n")
    answer = start(tmp_path, **{**GOOD, "SECRET_KEY": "", "SECRET_KEY_FILE": str(file)})
    assert answer.stdout.startswith("from-a-file ")
    answer = start(tmp_path, **{**GOOD, "SECRET_KEY_FILE": str(tmp_path / "absent")})
    assert "SECRET_KEY_FILE" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ILDPORTAL_DEBUG", "maybe", "neither yes nor no"),
        ("ILDPORTAL_LEASE_SECONDS", "soon", "not a whole number"),
        ("ILDPORTAL_LEASE_SECONDS", "1", "less than 2"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "only PostgreSQL"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    answer = start(tmp_path, **{name: value})
    assert answer.returncode != 0
    assert name in answer.stderr
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_any_libpq_url_is_understood() -> None:
    assert env.database("postgresql://u:p%40ss@db.example:6432/ild?sslmode=verify-full") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "ild",
        "USER": "u",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "verify-full"},
    }
    socket = env.database("postgresql:///ild?host=/run/postgresql&user=u")
    assert (socket["HOST"], socket["NAME"], socket["USER"]) == ("/run/postgresql", "ild", "u")


def test_development_keys_are_made_once_and_private(tmp_path: Path) -> None:
    home = tmp_path / "new"
    with ThreadPoolExecutor(6) as pool:
        keys = set(pool.map(lambda _: start(home).stdout.split()[0], range(6)))
    assert len(keys) == 1
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secrets.json"]
