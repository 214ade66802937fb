"""Ground glass and consolidation of known extent are found; a lung without them has none."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine import lobes, patterns
from quant.engine.arrays import LEFT, RIGHT
from quant.engine.run import Measured
from tests.engine.conftest import DENSE, GLASS
from tests.phantom import Chest, Lesion


@pytest.mark.parametrize(
    ("lesion", "label", "key"),
    [(GLASS, patterns.GROUND_GLASS, "ground_glass"), (DENSE, patterns.CONSOLIDATION, "consolidation")],
)
def test_a_lesion_is_found_with_its_extent(
    diseased: tuple[Chest, Measured], lesion: Lesion, label: int, key: str
) -> None:
    body, measured = diseased
    truth = body.inside(lesion.centre, lesion.radii)
    found = measured.patterns == label
    assert (found & truth).sum() / truth.sum() > 0.85
    assert measured.document["patterns"][key]["ml"] == pytest.approx(truth.sum() * measured.volume.voxel_ml, rel=0.15)


def test_nothing_is_found_where_nothing_is(clean: tuple[Chest, Measured]) -> None:
    document = clean[1].document
    assert document["lesion_percent"] < 0.1
    assert document["patterns"]["emphysema"]["ml"] == 0
    assert document["severity"]["total"] == 0


def test_vessels_are_told_apart(diseased: tuple[Chest, Measured], clean: tuple[Chest, Measured]) -> None:
    _, measured = diseased
    assert clean[1].document["lungs"]["vessel_ml"] < 5
    assert 20 < measured.document["lungs"]["vessel_ml"] < 200
    lesions = measured.patterns[measured.patterns > 0].size * measured.volume.voxel_ml
    both = sum(4 / 3 * np.pi * np.prod(lesion.radii) / 1000 for lesion in (GLASS, DENSE))
    assert lesions < 1.15 * both, "vessels must not count as disease"


def test_every_label_lies_in_its_lung(diseased: tuple[Chest, Measured]) -> None:
    measured = diseased[1]
    lung = measured.lungs > 0
    assert not measured.patterns[~lung].any()
    assert np.array_equal(measured.lobes > 0, lung)
    right = np.isin(measured.lobes, (lobes.RUL, lobes.RML, lobes.RLL))
    assert np.array_equal(right, measured.lungs == RIGHT)
    assert np.array_equal(measured.lobes >= lobes.LUL, measured.lungs == LEFT)


def test_lobes_lie_as_in_people(diseased: tuple[Chest, Measured]) -> None:
    labels = diseased[1].lobes
    centre = {name: np.argwhere(labels == n).mean(axis=0) for n, name in enumerate(lobes.NAMES, 1)}
    z, y = 0, 1
    assert centre["RUL"][z] > centre["RML"][z] > centre["RLL"][z]
    assert centre["LUL"][z] > centre["LLL"][z]
    assert centre["RML"][y] < centre["RLL"][y]
    assert centre["LUL"][y] < centre["LLL"][y]


def test_texture_that_is_dense_and_dark_throughout() -> None:
    """A lung that is one lesion has no normal rim; emphysema is emphysema."""
    lung = np.zeros((30, 60, 60), bool)
    lung[5:25, 10:50, 10:50] = True
    for hu, label in ((-550.0, patterns.GROUND_GLASS), (0.0, patterns.CONSOLIDATION), (-980.0, patterns.EMPHYSEMA)):
        image = np.where(lung, hu, 40.0).astype(np.float32)
        found = patterns.classify(patterns.describe(image, lung, (2.5, 1.4, 1.4)))
        assert (found[lung] == label).mean() > 0.98


def test_lung_that_is_airier_in_front_is_no_emphysema() -> None:
    """Lung that lies above holds less blood: 70 HU from back to front, and one hole half way."""
    lung = np.zeros((30, 60, 60), bool)
    lung[2:28, 3:57, 3:57] = True
    rows = np.linspace(-925, -855, 60)[None, :, None]
    image = np.where(lung, rows, 40.0).astype(np.float32)
    image[10:20, 28:34, 28:34] = -985
    found = patterns.describe(image, lung, (2.5, 1.4, 1.4))
    most = patterns.hole_hu(found)
    assert most.shape == (1, 60, 1)
    assert -950 <= most[0, 5, 0] < most[0, 30, 0] < most[0, 55, 0] <= -920
    dark = patterns.holes(image.astype(np.int16), lung, (2.5, 1.4, 1.4), most)
    assert dark[11:19, 29:33, 29:33].all()
    dark[9:21, 26:36, 26:36] = False
    assert not dark.any()


def test_emphysema_all_over_is_still_emphysema() -> None:
    lung = np.zeros((30, 60, 60), bool)
    lung[2:28, 3:57, 3:57] = True
    image = np.where(lung, -970.0, 40.0).astype(np.float32)
    most = patterns.hole_hu(patterns.describe(image, lung, (2.5, 1.4, 1.4)))
    assert patterns.holes(image.astype(np.int16), lung, (2.5, 1.4, 1.4), most)[lung].mean() > 0.9
