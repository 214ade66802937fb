"""Settings read from the environment, loudly: a value that cannot be understood stops the start."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from psycopg.conninfo import conninfo_to_dict


class BadSetting(SystemExit):
    """A setting is absent or cannot be understood; the process ends with one line that says which."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"setting {name}: {problem}")


def text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(name, f"{value!r} is neither yes nor no")


def integer(name: str, default: int, minimum: int = 0) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise BadSetting(name, f"{value!r} is not a whole number") from None
    if number < minimum:
        raise BadSetting(name, f"{number} is less than {minimum}")
    return number


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def model(name: str) -> tuple[str, str] | None:
    """Name and version of a network, "goh_scores:2"; None where nothing is set."""
    value = text(name, "")
    called, colon, version = value.partition(":")
    if value and not (called and colon and version):
        raise BadSetting(name, f"{value!r} is not NAME:VERSION")
    return (called, version) if value else None


def database(url: str) -> dict[str, Any]:
    """Django's settings of a PostgreSQL database from any libpq URL (unix sockets included)."""
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise BadSetting("DATABASE_URL", "only PostgreSQL is supported (postgresql://user:password@host/name)")
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {**parts},
    }


def _generated(folder: Path) -> dict[str, str]:
    """The keys of a development installation: made once, kept in a file only its owner can read."""
    path = folder / "secrets.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ILDPORTAL_FIELD_KEYS": Fernet.generate_key().decode(),
            "ILDPORTAL_LOOKUP_KEY": secrets.token_urlsafe(32),
        }
        # Two processes may start at once: each writes its own file, the first link wins, both read that.
        draft = folder / f"secrets.{os.getpid()}.json"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(fresh))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


def secret(name: str, folder: Path, production: bool) -> str:
    """A secret from NAME or the file named by NAME_FILE; generated under `folder` outside production."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            value = Path(file).read_text().strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE", f"{file} cannot be read ({error.strerror})") from None
    else:
        value = os.environ.get(name, "").strip()
    if value:
        return value
    if production:
        raise BadSetting(name, f"must be set in production (or {name}_FILE, the path of a file that holds it)")
    return _generated(folder)[name]
