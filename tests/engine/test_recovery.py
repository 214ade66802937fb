"""Dense disease at the surface of a lung, found again by shape or as a network sees it; fat and organs are not."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine import recovery
from quant.engine.arrays import LEFT, RIGHT, Image, Mask
from quant.engine.morphology import close

MM = (2.5, 2.5, 2.5)
SHAPE = (60, 60, 80)
MUSCLE, FAT = 50.0, -90.0


def ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Mask:
    """Voxels within, lengths in voxels."""
    axes = np.indices(SHAPE, sparse=True)
    return np.asarray(sum(((a - c) / r) ** 2 for a, c, r in zip(axes, centre, radii, strict=True)) < 1)


@pytest.fixture
def whole() -> Mask:
    """One lung without disease, above a dome."""
    return ellipsoid((32, 30, 25), (26, 22, 16)) & ~ellipsoid((0, 30, 25), (16, 30, 30))


def body(lung: Mask) -> Image:
    return np.where(lung, -850.0, MUSCLE).astype(np.float32)


def find(coarse: Image, lung: Mask, share: Image | None = None) -> Mask:
    return recovery.find(coarse, recovery.airless(coarse) & ~lung, lung, np.zeros_like(lung), MM, share)


def recovered(coarse: Image, lung: Mask) -> Mask:
    return find(coarse, lung)


def lump(whole: Mask, centre: tuple[float, float, float], radius: float) -> Mask:
    return whole & ellipsoid(centre, (radius, radius, radius))


@pytest.mark.parametrize(
    "centre", [(32, 30, 10), (32, 8, 25), (40, 30, 40), (18, 30, 25)], ids=["wall", "front", "hilum", "dome"]
)
def test_a_lump_at_the_surface_is_found_wherever_it_lies(whole: Mask, centre: tuple[float, float, float]) -> None:
    mass = lump(whole, centre, 6)
    found = recovered(body(whole & ~mass), whole & ~mass)
    # A closing stays below the surface where that is strongly bent, as at the front of this small lung.
    assert found[mass].mean() > 0.55
    assert (found & ~whole).sum() * np.prod(MM) / 1000 < 3.0


def test_a_clean_lung_gains_nothing(whole: Mask) -> None:
    assert not recovered(body(whole), whole).any()


def test_fat_in_a_hollow_is_no_lung(whole: Mask) -> None:
    mass = lump(whole, (40, 30, 40), 5)
    coarse = body(whole & ~mass)
    coarse[mass] = FAT
    assert not recovered(coarse, whole & ~mass).any()


def test_what_a_network_sees_is_taken_where_it_is_dense_and_thick(whole: Mask) -> None:
    base = whole & (np.indices(SHAPE)[0] < 22)
    lung = whole & ~base
    coarse = body(lung)
    share = np.where(base, 0.99, 0.1).astype(np.float32)
    found = find(coarse, lung, share)
    assert found[base].mean() > 0.9
    assert not recovered(coarse, lung)[base].any()
    assert (found & ~whole).sum() * np.prod(MM) / 1000 < 3.0
    sheet = np.zeros_like(share)
    sheet[:, :, 60] = 0.9
    assert not find(coarse, lung, sheet).any()
    coarse[base] = FAT
    assert not find(coarse, lung, share).any()


def test_ribs_are_bone_beside_the_lungs(whole: Mask) -> None:
    coarse = body(whole)
    assert not recovery.has_ribs(coarse, whole, MM)
    coarse[:, 28:34, 33:36] = 600.0  # a spine, in the middle
    assert not recovery.has_ribs(coarse, whole | np.roll(whole, 30, axis=2), MM)
    coarse[20:40, 20:40, 5:7] = 600.0
    assert recovery.has_ribs(coarse, whole | np.roll(whole, 30, axis=2), MM)


def test_between_the_lungs_is_what_has_one_on_either_hand() -> None:
    sides = np.zeros((1, 2, 9), np.uint8)
    sides[0, 0, 1:3], sides[0, 0, 6:8] = RIGHT, LEFT
    sides[0, 1, 1], sides[0, 1, 5] = RIGHT, RIGHT
    assert np.flatnonzero(recovery.between(sides)[0, 0]).tolist() == [3, 4, 5]
    assert not recovery.between(sides)[0, 1].any()


def test_in_the_middle_of_the_chest_shape_needs_the_network(whole: Mask) -> None:
    """A great vessel bulges into the lung as a lump does."""
    bulge = lump(whole, (40, 30, 40), 6)
    lung = whole & ~bulge
    coarse = body(lung)
    possible = recovery.airless(coarse) & ~lung
    middle = np.ones_like(lung)
    assert not recovery.find(coarse, possible, lung, middle, MM).any()
    share = np.where(bulge, 0.7, 0.1).astype(np.float32)
    assert recovery.find(coarse, possible, lung, middle, MM, share)[bulge].mean() > 0.8
    assert not recovery.find(coarse, possible, lung, middle, MM, share * 0.4).any()


def test_a_small_lump_is_found_though_closing_filled_the_mouth_of_its_hollow(whole: Mask) -> None:
    mass = lump(whole, (32, 10, 25), 3.0)
    lung = whole & ~mass
    coarse = body(lung)
    dense = recovery.airless(coarse) & ~lung
    closed = close(lung, 8.0, MM)
    rest = mass & ~closed
    assert 0.2 < rest.sum() / mass.sum() < 0.5
    found = recovery.find(coarse, dense, closed, np.zeros_like(lung), MM)
    assert found[rest].mean() > 0.8
    # Half air, half fat: the rim of a lung beside fat is dense, and no lump.
    coarse[mass] = -300.0
    assert not recovery.find(coarse, recovery.airless(coarse) & ~lung, closed, np.zeros_like(lung), MM).any()


def test_shape_does_not_grow_where_the_network_is_sure_of_an_organ(whole: Mask) -> None:
    mass = lump(whole, (18, 30, 25), 8)
    lung = whole & ~mass
    coarse = body(lung)
    trusted = find(coarse, lung, np.full(SHAPE, 0.1, np.float32))
    distrusted = find(coarse, lung, np.full(SHAPE, 0.01, np.float32))
    assert distrusted.any()
    assert not (distrusted & ~trusted).any()
    assert distrusted.sum() < trusted.sum()


def test_a_wide_hollow_beside_the_lung_is_filled_where_the_network_sees_a_hint_of_lung(whole: Mask) -> None:
    mass = lump(whole, (32, 30, 10), 6)
    lung = whole & ~mass
    coarse = body(lung)
    hint = np.where(mass, 0.25, 0.1).astype(np.float32)
    with_hint, without = (find(coarse, lung, share) for share in (hint, np.full(SHAPE, 0.1, np.float32)))
    assert with_hint[mass].mean() > without[mass].mean()
    assert not (with_hint & ~without & ~mass).any()
