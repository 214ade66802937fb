"""What nobody looked for is missing in every table, and so is what rests on it."""

from __future__ import annotations

from typing import Any

import pytest

from quant.engine import known
from quant.engine.patterns import NAMES


def numbers() -> dict[str, Any]:
    def table() -> dict[str, Any]:
        return {name: {"ml": 1.0, "percent": 2.0, "low": 1.5, "high": 2.5} for name in NAMES}

    def region() -> dict[str, Any]:
        return {"ml": 50.0, "lesion_ml": 2.0, "lesion_percent": 4.0, "patterns": table()}

    return {
        "patterns": table(), "lesion_percent": 4.0, "fibrosis_percent": 4.0, "ild_percent": 8.0,
        "lobes": {"RUL": {**region(), "severity": 1}}, "zones": {"rind": region()},
        "severity": {"scheme": "guiot2025", "total": 1, "estimated": False},
    }  # fmt: skip


def test_all_five_leave_all_numbers() -> None:
    assert known.only(numbers(), NAMES) == numbers()


def test_density_alone_knows_no_fibrosis() -> None:
    found = known.only(numbers(), {"ground_glass", "consolidation", "emphysema"})
    for table in (found["patterns"], found["lobes"]["RUL"]["patterns"], found["zones"]["rind"]["patterns"]):
        assert table["reticulation"] == {"ml": None, "percent": None, "low": None, "high": None}
        assert table["emphysema"]["ml"] == 1.0
    assert (found["lesion_percent"], found["fibrosis_percent"], found["ild_percent"]) == (4.0, None, None)
    assert (found["lobes"]["RUL"]["severity"], found["severity"]["total"]) == (1, 1)


@pytest.mark.parametrize("looked_for", [{"consolidation", "reticulation", "honeycombing"}, {"emphysema"}])
def test_without_ground_glass_there_is_no_lesion_and_no_severity(looked_for: set[str]) -> None:
    found = known.only(numbers(), looked_for)
    assert (found["lesion_percent"], found["ild_percent"], found["severity"]["total"]) == (None, None, None)
    assert (found["fibrosis_percent"] == 4.0) == ("reticulation" in looked_for)
    lobe, zone = found["lobes"]["RUL"], found["zones"]["rind"]
    assert (lobe["ml"], lobe["lesion_ml"], lobe["lesion_percent"], lobe["severity"]) == (50.0, None, None, None)
    assert (zone["ml"], zone["lesion_ml"], "severity" in zone) == (50.0, None, False)
