"""python scripts/shots.py [FOLDER]: pictures of every page, wide and narrow, light and dark, with invented patients.

Starts its own database and web server in a temporary home and ends both. FOLDER defaults to build/shots.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from ildportal.embedded import Embedded  # noqa: E402
from tests.browser.conftest import FLAGS  # noqa: E402

WIDTHS, THEMES = (1280, 390), ("light", "dark")
START_SECONDS = 30.0
PAGES = {
    "worklist": "/",
    "worklist-failed": "/?state=failed",
    "patient": "/patients/SSc-0147/",
    "patient-simulated": "/patients/SSc-0301/",
    "compare": "/compare/patients/SSc-0147/",
    "patients": "/patients/",
    "patients-none": "/patients/?q=no-such-code",
    "patients-findings": "/patients/?findings=open",
    "verdicts": "/verdicts",
    "verdicts-none": "/verdicts?site=nowhere",
    "not-found": "/patients/SSc-9999/",
    "api": "/api/docs/",
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ildportal-shots-") as scratch:
        Path(scratch).chmod(0o711)
        with Embedded(Path(scratch), durable=False) as services:
            os.environ |= {
                "ILDPORTAL_HOME": scratch,
                "DATABASE_URL": services.database_url,
                "CELERY_BROKER_URL": services.broker_url,
                "DJANGO_SETTINGS_MODULE": "ildportal.settings",
            }
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(migrate, cwd=REPOSITORY, check=True)  # noqa: S603
            fill()
            with web_server() as address:
                take_all(address, folder)


def fill() -> None:
    """The invented clinic, and a member of another one where nothing has arrived yet."""
    import django

    django.setup()
    from patients import services
    from patients.models import PulmonaryFunctionTest
    from tests import factories, showcase

    showcase.fill()
    session = PulmonaryFunctionTest.objects.filter(patient__code="SSc-0301").latest("date")
    services.update_pft(session, weight_kg=Decimal("615"))  # the point left out: an open finding
    factories.make_user("dr.new", factories.make_site("geneva", "Geneva"))


@contextmanager
def web_server() -> Iterator[str]:
    """gunicorn; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "-b", address, "--log-level", "warning", "ildportal.wsgi"]
    server = subprocess.Popen(command, cwd=REPOSITORY)  # noqa: S603
    try:
        _wait_for(f"http://{address}/login/")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()


def take_all(address: str, folder: Path) -> None:
    from tests.factories import PASSWORD

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for width in WIDTHS:
            for theme in THEMES:
                context = browser.new_context(base_url=address, viewport={"width": width, "height": 800})
                context.add_cookies([{"name": "theme", "value": theme, "url": address}])
                take(context.new_page(), folder, f"{width}-{theme}", PASSWORD)
                context.close()
        browser.close()


def take(page: Page, folder: Path, suffix: str, password: str) -> None:
    """Every page as one visitor sees it; fails when a page is wider than its window."""
    page.goto("/login/")
    shoot(page, folder / f"login-{suffix}.png")
    log_in(page, "dr.example", "wrong")
    shoot(page, folder / f"login-error-{suffix}.png")
    log_in(page, "dr.example", password)
    for name, path in PAGES.items():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        shoot(page, folder / f"{name}-{suffix}.png")
    shoot_assessment(page, folder, suffix)
    page.goto("/")
    page.get_by_role("button", name="Log out").click()
    log_in(page, "dr.new", password)
    shoot(page, folder / f"worklist-empty-{suffix}.png")


def shoot_assessment(page: Page, folder: Path, suffix: str) -> None:
    """A reader's form, and the same when it was sent without a word."""
    page.goto(PAGES["patient"])
    address = page.locator("a[href$='/assessments/new']").first.get_attribute("href")
    page.goto(str(address))
    shoot(page, folder / f"assessment-{suffix}.png")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text("Not kept").wait_for()
    shoot(page, folder / f"assessment-refused-{suffix}.png")


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def shoot(page: Page, file: Path) -> None:
    page.screenshot(path=file, full_page=True)
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if excess > 0:
        raise SystemExit(f"shots: {file.stem}: the page is {excess} px wider than its window")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
        except (urllib.error.URLError, TimeoutError):
            if time.monotonic() > deadline:
                raise SystemExit(f"shots: the web server did not answer within {START_SECONDS:.0f} s") from None
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "build" / "shots")
