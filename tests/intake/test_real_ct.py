"""The two given LIDC-IDRI zips through import_dicom."""

from __future__ import annotations

from pathlib import Path

import pytest

from patients.models import CTSeries, Patient
from tests.intake.conftest import Ask

pytestmark = [pytest.mark.realct, pytest.mark.django_db]


@pytest.mark.parametrize(("number", "slices"), [("0001", 133), ("0003", 140)])
def test_a_given_scan_goes_in_once_and_whole(ask: Ask, real_ct: Path, number: str, slices: int) -> None:
    path = real_ct / f"LIDC-IDRI-{number}.zip"
    first = ask("import_dicom", path, "--json").document
    assert first["summary"] == {"studies": 1, "new": slices, "known": 0, "refused": 0, "aside": 1}
    (reading,) = first["refused"]
    assert reading["detail"] == "not DICOM: an XML file"
    series = CTSeries.objects.get()
    assert (series.chosen, series.contrast, series.kernel_class) == (True, "yes", "medium")
    assert (series.slice_thickness_mm, series.spacing_between_mm) == (2.5, 2.5)
    assert series.coverage_mm == pytest.approx((slices - 1) * 2.5)
    assert series.quality_codes == ["contrast"]
    again = ask("import_dicom", path, "--json").document
    assert again["summary"] == {"studies": 1, "new": 0, "known": slices, "refused": 0, "aside": 1}
    assert Patient.objects.count() == 1
