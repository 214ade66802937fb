"""The demo as a clinician opens it: started by its own command, logged in with the printed password, looked at."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ildportal.embedded import Embedded
from tests.workers import REPOSITORY

pytestmark = [pytest.mark.browser, pytest.mark.worker]
STARTED_MS = 60_000
MEASURED_MS = 300_000
# Of the phantom of SSc-0147, whose lungs stay as large from scan to scan.
LUNGS_ML = 3946.0


@dataclass(frozen=True, slots=True)
class Demo:
    address: str
    password: str
    process: subprocess.Popen[str]


@pytest.fixture
def demo() -> Iterator[Demo]:
    """The running demonstration in a home of its own, from the lines that a newcomer reads."""
    scratch = Path(tempfile.mkdtemp(prefix="ildportal-demo-"))
    scratch.chmod(0o711)  # root's database server runs as another user and must pass through
    command = [sys.executable, "-m", "ildportal.demo", "--home", str(scratch / "home"), "--port", str(_free_port())]
    process = subprocess.Popen(command, cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield _told(process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            process.kill()
            Embedded(scratch / "home").end_orphans()
            shutil.rmtree(scratch)


def test_a_clinician_opens_the_demo(chromium: Browser, demo: Demo) -> None:
    with chromium.new_context(base_url=demo.address) as context:
        page = context.new_page()
        _log_in(page, demo.password)
        expect(page.locator("#studies")).to_contain_text("1 worker, last seen", timeout=STARTED_MS)
        page.get_by_role("searchbox").fill("SSc-0058")
        page.get_by_role("searchbox").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("SSc-0058")
        expect(page.locator(".key").filter(has_text="Lesion %")).to_contain_text("Simulated")
        expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=STARTED_MS)

        page.goto("/")
        row = page.get_by_role("row").filter(has_text="SSc-0147").filter(has_text="Done")
        expect(row.first).to_contain_text(re.compile(r"\d+\.\d%"), timeout=MEASURED_MS)
        row.first.get_by_role("link", name="SSc-0147", exact=True).click()
        volume = page.locator(".key").filter(has_text="Total lung volume")
        expect(volume).to_contain_text(re.compile(r"\d\u202f\d{3}mL"))
        told = re.search(r"(\d)\u202f(\d{3})mL", volume.text_content() or "")
        assert told
        assert int(told[1] + told[2]) == pytest.approx(LUNGS_ML, rel=0.05)
        picture = page.locator(".viewer__large img:visible").first
        picture.scroll_into_view_if_needed()
        assert page.wait_for_function("(one) => one.complete && one.naturalWidth > 0", arg=picture.element_handle())
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=60) == 128 + signal.SIGINT


def _log_in(page: Page, password: str) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("clinician")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Worklist")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _told(process: subprocess.Popen[str]) -> Demo:
    """Reads the output up to the address and the clinician's password; all of it is the failure's text."""
    said, address = "", ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        address = address or "".join(re.findall(r"http://127\.0\.0\.1:\d+", line))
        if found := re.match(r"\s+clinician\s+(\S+)", line):
            return Demo(address, found[1], process)
    raise AssertionError(f"the demo ended before it said where it is:\n{said}")
