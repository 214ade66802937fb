"""The two given LIDC-IDRI series. The bounds are the issue's, from independent masks; both lungs have no ILD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patients.intake.assemble import gather
from patients.intake.quality import choose
from quant.engine import run, volume

pytestmark = pytest.mark.realct


@pytest.mark.parametrize(("name", "low", "high"), [("0001", 3700, 3950), ("0003", 5750, 6150)])
def test_a_real_chest(real_ct: Path, tmp_path: Path, name: str, low: float, high: float) -> None:
    assembly = gather([real_ct / f"LIDC-IDRI-{name}.zip"], tmp_path)
    series = choose(assembly.studies[0].series).series
    assert series is not None
    scan = volume.load_dicom([header.path for header in series.headers])
    measured = run.quantify(scan, device="cpu")
    document: dict[str, Any] = measured.document
    assert low <= document["lungs"]["volume_ml"] <= high
    assert document["lesion_percent"] < 8
    assert document["quality"]["accepted"] is True
    assert [warning["code"] for warning in document["quality"]["warnings"]] == ["contrast"]
    assert document["lungs"]["right_ml"] + document["lungs"]["left_ml"] == pytest.approx(
        document["lungs"]["volume_ml"], abs=0.01
    )
    columns = [np.argwhere(measured.lungs == side)[:, 2].mean() for side in (1, 2)]
    assert columns[0] < columns[1], "the patient's right lung lies at low x"
