"""Zones add up to the lungs, and disease lies in the zone it was put into."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine import patterns, zones
from quant.engine.arrays import LEFT, RIGHT, Labels

MM = (2.5, 2.0, 2.0)


def lungs() -> Labels:
    labels = np.zeros((40, 60, 80), np.uint8)
    labels[5:35, 10:50, 8:36] = RIGHT
    labels[5:35, 10:50, 44:70] = LEFT
    return labels


def test_zones_make_the_whole() -> None:
    labels = lungs()
    found = zones.table(labels, np.zeros_like(labels), MM)
    whole = float((labels > 0).sum()) * 0.01
    thirds = [found[f"{side}_{third}"]["ml"] for side in ("right", "left") for third in ("upper", "middle", "lower")]
    assert sum(thirds) == pytest.approx(whole)
    assert found["rind"]["ml"] + found["core"]["ml"] == pytest.approx(whole)
    assert found["right_upper"]["ml"] > found["left_upper"]["ml"]
    # The core of each lung is what remains of its box without 10 mm on each side: 4 slices, 5 rows, 5 columns.
    assert found["core"]["ml"] == pytest.approx((22 * 30 * 18 + 22 * 30 * 16) * 0.01)


def test_disease_lies_in_its_zone() -> None:
    labels = lungs()
    disease = np.zeros_like(labels)
    disease[6:10, 20:30, 20:25] = patterns.CONSOLIDATION
    disease[26:30, 10:12, 50:60] = patterns.GROUND_GLASS
    found = zones.table(labels, disease, MM)
    lesion = {name: zone["lesion_ml"] for name, zone in found.items()}
    assert lesion["right_lower"] == pytest.approx(2.0)
    assert lesion["left_upper"] == pytest.approx(0.8)
    assert lesion["right_upper"] == lesion["left_lower"] == 0
    assert found["rind"]["patterns"]["ground_glass"]["ml"] == pytest.approx(0.8)
    assert found["left_upper"]["patterns"]["reticulation"]["ml"] == 0


def test_a_lung_that_is_not_there_has_no_numbers() -> None:
    labels = np.where(lungs() == RIGHT, np.uint8(RIGHT), np.uint8(0))
    found = zones.table(labels, np.zeros_like(labels), MM)
    assert found["left_middle"]["ml"] is found["left_middle"]["lesion_percent"] is None
