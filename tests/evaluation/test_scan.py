"""What is measured on a scan before disease is put into it: its lungs, its blur, its noise, and its small changes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from quant.evaluation import independent, perturb
from quant.evaluation.base import Base
from quant.evaluation.grain import measure
from quant.evaluation.metrics import dice

VOXEL = (4.0, 1.0, 1.0)


def body(noise_hu: float, blur_px: float, along_z: float = 0.0) -> np.ndarray:
    """A block of soft tissue in air, blurred, with noise of that SD."""
    hu = np.full((24, 160, 160), -1000.0)
    hu[:, 40:140, 20:140] = 40.0
    hu = ndimage.gaussian_filter(hu, (0, blur_px, blur_px))
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=hu.shape), (0, 0.8, 0.8))
    for z in range(1, 24):
        noise[z] = along_z * noise[z - 1] + np.sqrt(1 - along_z**2) * noise[z]
    inside = hu > -500
    found: np.ndarray = (hu + noise / noise.std() * noise_hu * inside).round().astype(np.int16)
    return found


@pytest.mark.parametrize(("noise_hu", "blur_px", "along_z"), [(12.0, 0.7, 0.0), (30.0, 1.2, 0.4)])
def test_grain_is_read_from_the_scan(noise_hu: float, blur_px: float, along_z: float) -> None:
    grain = measure(body(noise_hu, blur_px, along_z), VOXEL)
    assert grain.noise_hu == pytest.approx(noise_hu, rel=0.2)
    assert grain.blur_mm == pytest.approx(blur_px, rel=0.25)
    assert grain.along_z == pytest.approx(along_z, abs=0.15)


def test_noise_drawn_has_the_texture_measured() -> None:
    hu = body(20.0, 0.7)
    grain = measure(hu, VOXEL)
    drawn = grain.noise((6, 80, 80), np.random.default_rng(1))
    seen = (hu[:, 60:120, 40:120] - 40.0).astype(float)
    assert drawn.std() == pytest.approx(20.0, rel=0.15)

    def beside(values: np.ndarray) -> float:
        return float(np.corrcoef(values[:, :, 1:].ravel(), values[:, :, :-1].ravel())[0, 1])

    assert beside(drawn) == pytest.approx(beside(seen), abs=0.1)


def test_lungs_read_independently_agree_with_a_phantoms_truth(base: Base) -> None:
    found = independent.read(base.volume.hu, base.volume.voxel_mm)
    agreed = dice(found.lungs, base.lungs)
    assert agreed is not None
    assert agreed > 0.975
    assert not (found.lungs & found.airway).any()


def test_the_windpipe_is_found_as_airway(base: Base) -> None:
    found = independent.read(base.volume.hu, base.volume.voxel_mm)
    assert base.carina is not None
    above = slice(round(base.carina) + 3, round(base.carina) + 8)
    assert (found.airway & base.airway)[above].any(axis=(1, 2)).all()
    assert (found.airway & base.lungs).sum() < 0.02 * base.lungs.sum()


@pytest.mark.parametrize("name", list(perturb.CHANGES))
def test_a_small_change_is_one_and_is_small(base: Base, name: str) -> None:
    changed = perturb.CHANGES[name](base.volume.hu, base, 1)
    assert changed.dtype == np.int16
    assert changed.shape == base.volume.hu.shape
    assert not np.array_equal(changed, base.volume.hu)
    air = (base.volume.hu < -500).sum()
    assert (changed < -500).sum() == pytest.approx(air, rel=0.06)
    assert np.array_equal(changed, perturb.CHANGES[name](base.volume.hu, base, 1))


def test_more_breath_is_more_volume_of_thinner_lung(base: Base) -> None:
    fuller = perturb.breathed(base.volume.hu, base, 1)
    inside = base.lungs & (base.volume.hu < -600)
    assert np.median(fuller[inside]) < np.median(base.volume.hu[inside])
    lungs = independent.read(fuller, base.volume.voxel_mm).lungs
    assert lungs.sum() / independent.read(base.volume.hu, base.volume.voxel_mm).lungs.sum() == pytest.approx(
        1.02, abs=0.01
    )
