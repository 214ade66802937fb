"""Lungs, sides and airway of chests whose shape is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quant.engine import air, lungs, recovery, sides
from quant.engine.arrays import LEFT, RIGHT
from quant.engine.identity import DEFAULTS
from quant.engine.lungs import segment
from quant.engine.morphology import depth
from quant.engine.run import Measured
from tests.phantom import LUNG_RADIUS_X, LUNG_RADIUS_Y, Chest, chest

GRID = (2.5, 2.2, 2.2)


def test_volume_of_each_lung_is_that_of_its_ellipsoid(clean: tuple[Chest, Measured]) -> None:
    body, measured = clean
    truth = 4 / 3 * np.pi * body.lung_radii[0] * LUNG_RADIUS_Y * LUNG_RADIUS_X / 1000
    lungs = measured.document["lungs"]
    # The stump of a main bronchus and its wall, some 7 mL of each ellipsoid, are not lung.
    assert lungs["right_ml"] == pytest.approx(truth - 7, rel=0.01)
    assert lungs["left_ml"] == pytest.approx(truth - 7, rel=0.01)
    assert lungs["volume_ml"] == pytest.approx(lungs["right_ml"] + lungs["left_ml"])
    assert lungs["recovered_ml"] == 0


@pytest.mark.parametrize(("side", "label"), [("right", RIGHT), ("left", LEFT)])
def test_each_voxel_of_a_side_has_its_label(diseased: tuple[Chest, Measured], side: str, label: int) -> None:
    body, measured = diseased
    truth, found = body.lung(side), measured.lungs == label
    assert 2 * (truth & found).sum() / (truth.sum() + found.sum()) > 0.985


def test_a_mass_within_the_lung_belongs_to_it(diseased: tuple[Chest, Measured]) -> None:
    body, measured = diseased
    mass = body.inside((0.0, -20.0, 82.0), (20.0, 20.0, 20.0))
    assert (measured.lungs[mass] == LEFT).mean() > 0.99
    assert measured.document["lungs"]["recovered_ml"] == pytest.approx(4 / 3 * np.pi * 8, rel=0.1)


def test_trachea_and_main_bronchi_are_out(clean: tuple[Chest, Measured]) -> None:
    body, measured = clean
    trachea = body.inside((60.0, 8.0, 0.0), (40.0, 8.0, 8.0))
    bronchus = body.inside((7.0, 8.0, -15.0), (6.0, 5.0, 5.0))
    assert not measured.lungs[trachea | bronchus].any()


def test_dense_lines_at_the_pleura_are_lung(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half way from airy lung to tissue is no border where the outer lung is a net of lines."""
    import torch

    body = chest(size=192, vessels=0)
    truth = body.lung("right") | body.lung("left")
    hu = body.hu.copy()
    away = depth(truth, body.voxel_mm)
    hu[truth & (away < 2.5)] = -300
    hu[truth & (away >= 2.5) & (away < 12)] = -600
    rim = truth & (away < 2.5)

    def held() -> tuple[float, int]:
        found = segment(hu, body.voxel_mm, torch.device("cpu")).labels > 0
        return float(found[rim].mean()), int(np.count_nonzero(found & (depth(~truth, body.voxel_mm) > 3.0)))

    share, beyond = held()
    assert share > 0.9
    assert beyond < 0.001 * np.count_nonzero(truth)
    monkeypatch.setattr(lungs, "DEFAULTS", replace(DEFAULTS, dense_border_hu=DEFAULTS.lung_border_hu))
    assert held()[0] < 0.6, "and it is this rule that holds them"


def test_the_carina_lies_where_the_trachea_ends() -> None:
    import torch

    body = chest(size=192, vessels=0)
    found = segment(body.hu, body.voxel_mm, torch.device("cpu")).airway
    # Bronchi leave a carina 20 mm above the middle at 41 degrees: 12 mm apart some 7 mm further down.
    middle = (body.hu.shape[0] - 1) / 2
    assert found.carina is not None
    assert 8 <= (found.carina - middle) * 2.5 <= 20
    lumen = np.pi * 8.5**2 * 80 / 1000 + 2 * np.pi * 6**2 * 40 / 1000
    assert found.mask.sum() * np.prod(body.voxel_mm) / 1000 == pytest.approx(lumen, rel=0.1)


def test_lungs_that_touch_are_cut_where_they_touch() -> None:
    coarse = np.full((30, 60, 90), 40.0, np.float32)
    coarse[:, 10:50, 8:44] = coarse[:, 10:50, 48:80] = -850
    coarse[8:20, 12:18, 44:48] = -850
    coarse[8:20, 12:18, 46] = -650
    truth = np.zeros(coarse.shape, np.uint8)
    truth[coarse < -500] = RIGHT
    truth[:, :, 46:][coarse[:, :, 46:] < -500] = LEFT
    found = sides.split(coarse, coarse < -500, GRID)
    apart = np.ones(90, bool)
    apart[44:48] = False
    assert np.array_equal(found[:, :, apart], truth[:, :, apart])


def abdomen() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Two lungs (rough) above; a pocket of gas (even) below."""
    noise = np.random.default_rng(0).normal(0, 40, (60, 60, 90)).astype(np.float32)
    coarse = np.full((60, 60, 90), 40.0, np.float32)
    coarse[20:55, 10:50, 8:40] = coarse[20:55, 10:50, 50:80] = -850
    coarse += noise
    coarse[2:12, 12:30, 55:75] = -1000
    coarse[0, 0, 0] = -1000
    return coarse


def test_bowel_gas_is_no_lung() -> None:
    coarse = abdomen()
    inside = air.inside_body(coarse)
    assert inside[5, 20, 60]
    assert not inside[0, 0, 0]
    lungs = air.lung_air(coarse, inside, np.zeros(coarse.shape, bool), GRID)
    assert not lungs[:15].any()
    assert lungs[20:55, 10:50, 8:40].mean() > 0.99


def test_a_mass_is_filled_and_the_dome_is_not() -> None:
    lung = np.zeros((40, 50, 50), bool)
    lung[5:35, 5:45, 5:45] = True
    lung[25:30, 20:30, 20:30] = False
    mass = ~lung & (np.indices(lung.shape)[0] >= 25) & (np.indices(lung.shape)[0] < 30)
    mass[:, :5] = mass[:, 45:] = False
    mass[:, :, :5] = mass[:, :, 45:] = False
    z, y, x = np.indices(lung.shape)
    lung &= ~((z < 18) & (np.hypot(y - 25, x - 25) < 18 - z * 0.9))
    assert np.array_equal(recovery.enclosed(lung, GRID), mass)
