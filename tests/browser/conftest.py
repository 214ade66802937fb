"""Debian's Chromium, driven by Playwright over Django's live server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

FLAGS = [
    "--no-sandbox",  # root in a container has no user namespaces; the browser only ever sees this portal
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("no chromium on this machine (as root: apt-get install chromium)")
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, so Django takes every query of a test for a mistake.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=binary, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty page on the live server (`page.goto("/")`). A script error, or a request that leaves the portal,
    fails the test: hospital networks have no way out."""
    complaints: list[str] = []
    with chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}) as context:
        context.on("weberror", lambda error: complaints.append(f"script error: {error.error}"))
        context.on("request", lambda request: complaints.extend(_foreign(request.url, live_server.url)))
        yield context.new_page()
    assert complaints == []


def _foreign(url: str, home: str) -> list[str]:
    return [] if url.startswith((home, "data:", "blob:")) else [f"request to {url}"]
