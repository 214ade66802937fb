"""The trachea and its main bronchi, where the lung beside them is as dark as they are."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine import airways
from quant.engine.arrays import Hu, Mask
from tests.engine.tubes import CARINA, HOLE_HU, VOXEL, along, tree


def in_emphysema(*, opened: bool) -> tuple[Hu, Mask]:
    """Lungs of holes as dark as the airway, and a gap of 2.4 mm in a bronchus through which both are one."""
    hu, wide, lungs = tree()
    hu[lungs & (hu < -700)] = HOLE_HU
    if opened:
        hu[along((70.0, 35.0, 40.0), (70.0, 20.0, 36.0)) < 1.2] = HOLE_HU
    return hu, wide


@pytest.mark.parametrize("opened", [False, True])
def test_the_airway_is_found_beside_holes_as_dark(opened: bool) -> None:
    hu, wide = in_emphysema(opened=opened)
    found = airways.find(hu, hu.astype(np.float32), VOXEL, VOXEL, hu < -500)
    assert (found.mask & wide).sum() > 0.98 * wide.sum()
    # Half a voxel around the tubes and the beginnings of the lobar bronchi, of 500 mL of holes.
    assert (found.mask & ~wide).sum() < 0.25 * wide.sum()
    assert found.carina == pytest.approx(CARINA[0] / VOXEL[0], abs=6)
