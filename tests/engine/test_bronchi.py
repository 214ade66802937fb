"""The airway tree: followed along its walls, not into what lies beside it."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine import bronchi, rings
from quant.engine.airways import Airway
from quant.engine.run import Measured
from tests.engine.tubes import CARINA, HOLE_HU, TIPS, VOXEL, along, tree
from tests.phantom import Chest

AFFINE = np.diag([-1.0, -1.0, 1.5, 1.0])


@pytest.fixture(scope="module")
def grown() -> bronchi.Tree:
    hu, wide, lungs = tree()
    return bronchi.find(hu, Airway(wide, 55), lungs, VOXEL)


def test_every_fork_makes_a_generation(grown: bronchi.Tree) -> None:
    assert np.bincount([branch.generation for branch in grown.branches]).tolist() == [1, 2, 4]
    assert [branch.is_end for branch in grown.branches].count(True) == 4
    assert sorted(np.unique(grown.labels)) == [0, 1, 2, 3]


def test_branches_reach_their_tips_and_have_their_width(grown: bronchi.Tree) -> None:
    ends = [branch for branch in grown.branches if branch.is_end]
    for side in TIPS.values():
        for tip in side:
            apart = [np.linalg.norm(branch.voxels[-1] * np.asarray(VOXEL) - tip) for branch in ends]
            near = ends[int(np.argmin(apart))]
            # The outer 10 mm of the lung are left alone.
            assert min(apart) < 6
            assert np.median(near.radius_mm[len(near.radius_mm) // 2 :]) == pytest.approx(2.2, abs=1.0)
            assert 25 < near.length_mm < 36


def test_a_hole_in_a_wall_is_no_bronchus() -> None:
    """A large dark hole that opens into a bronchus, as in emphysema, stays outside."""
    hu, wide, lungs = tree()
    tip = TIPS["right"][0]
    hole = along((42.0, 20.0, 16.0), (38.0, 16.0, 14.0)) < 8
    hu[hole] = HOLE_HU
    found = bronchi.find(hu, Airway(wide, 55), lungs, VOXEL)
    beyond = hole & (along(CARINA, tip) > 8)
    assert beyond.sum() > 500
    assert (found.labels[beyond] > 0).mean() < 0.1
    assert np.bincount([branch.generation for branch in found.branches]).tolist()[:2] == [1, 2]


def test_the_table_of_the_document(grown: bronchi.Tree) -> None:
    _, wide, _ = tree()
    table = bronchi.table(grown, Airway(wide, 55), AFFINE, VOXEL)
    assert (table["branches"], table["generations"]) == (7, [1, 2, 4])
    assert table["volume_ml"] == pytest.approx(np.count_nonzero(grown.labels) * 1.5 / 1000)
    lines = 34 + 2 * 31 + 4 * 34
    assert table["length_mm"] == pytest.approx(lines, rel=0.2)
    # Voxel (x 50, y 35, slice 55) in DICOM patient mm.
    assert table["carina_mm"] == pytest.approx([50.0, 35.0, 82.5], abs=1.0)


def test_without_a_trachea_there_is_no_tree() -> None:
    hu, wide, lungs = tree()
    none = Airway(np.zeros_like(wide), None)
    found = bronchi.find(hu, none, lungs, VOXEL)
    assert not found.labels.any()
    assert set(bronchi.table(found, none, AFFINE, VOXEL).values()) == {None}


def test_a_lumen_is_as_deep_as_its_lowest_wall() -> None:
    hu = np.full((7, 30, 30), -850, np.int16)
    hu[:, 5:14, 5:14] = -300
    hu[:, 5:14, 12:] = -600
    hu[:, 7:12, 7:12] = -950
    hu[:, 20, :12] = hu[:, 26, :12] = -300
    deep = rings.depth_hu(hu, (1.0, 1.0, 1.0), 8.0, np.ones(hu.shape, bool))
    assert deep[3, 9, 9] == 350, "the wall to the right has -600 HU"
    assert deep[3, 23, 4] == 0, "between two plates there is no ring"
    assert deep[3, 2, 2] == 0
    assert not rings.depth_hu(hu, (1.0, 1.0, 1.0), 8.0, np.zeros(hu.shape, bool)).any()


def test_a_main_bronchus_each_and_no_more(clean: tuple[Chest, Measured]) -> None:
    """A chest with a trachea and two main bronchi, and nothing beyond."""
    measured = clean[1]
    airways = measured.document["airways"]
    assert airways["generations"] == [1, 2]
    assert measured.airways is not None
    assert airways["volume_ml"] == pytest.approx(np.count_nonzero(measured.airways) * measured.volume.voxel_ml)
    assert measured.airways.shape == measured.lungs.shape
