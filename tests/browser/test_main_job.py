"""The whole way as a clinician sees it: a CT folder is imported, a real worker measures it, the page shows numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Page, expect

from patients.models import Patient
from quant.models import Quantification
from tests.factories import PASSWORD, make_user
from tests.phantom import write_series
from tests.workers import StartWorker

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def test_from_import_to_numbers_on_the_page(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_worker: StartWorker
) -> None:
    monkeypatch.setattr(settings, "STORAGE", tmp_path / "storage")
    monkeypatch.setenv("ILDPORTAL_STORAGE", str(tmp_path / "storage"))
    make_user("clinician", is_superuser=True)
    page.goto("/")
    page.get_by_label("User name").fill("clinician")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()

    write_series(tmp_path / "ct")
    call_command("import_dicom", str(tmp_path / "ct"), verbosity=0)
    code = Patient.objects.get().code
    page.reload()
    row = page.get_by_role("row").filter(has_text=code)
    expect(row).to_contain_text("Waiting")

    start_worker()
    expect(row).to_contain_text("Done", timeout=240_000)
    measured = Quantification.objects.get()
    assert measured.lesion_percent is not None
    expect(row).to_contain_text(f"{measured.lesion_percent:.1f}")

    row.get_by_role("link", name=code, exact=True).click()
    expect(page.get_by_role("heading", name=code)).to_be_visible()
    assert measured.volume_ml is not None
    volume = f"{measured.volume_ml:,.0f}".replace(",", "\u202f")
    expect(page.get_by_text(volume).first).to_be_visible()
    expect(page.get_by_text("Research use only").first).to_be_visible()
