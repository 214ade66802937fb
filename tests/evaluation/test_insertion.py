"""Disease put into a scan: exactly as much as was asked for, only where it belongs, and looking like itself."""

from __future__ import annotations

import numpy as np
import pytest

from quant.engine.morphology import dilate
from quant.evaluation.base import Base
from quant.evaluation.disease import STYLES, VALUES, Wanted
from quant.evaluation.insert import insert

MEASURED = [
    (pattern, style)
    for pattern, styles in STYLES.items()
    for style in styles
    if style.split()[0] not in {"small", "large"}
]
LUMPS = ("small", "large base", "large wall", "large apex")
FIBROSIS = (
    Wanted("reticulation", "basal", 7.0),
    Wanted("honeycombing", "basal", 4.0),
    Wanted("ground_glass", "patchy", 3.0),
)


def extent(base: Base, labels: np.ndarray, pattern: str) -> int:
    return int(((labels == VALUES[pattern]) & base.lungs).sum())


@pytest.mark.parametrize(("pattern", "style"), MEASURED)
def test_the_extent_is_the_one_asked_for_to_the_voxel(base: Base, pattern: str, style: str) -> None:
    found = insert(base, [Wanted(pattern, style, 5.0)], seed=1)
    assert extent(base, found.patterns, pattern) == round(0.05 * int(base.lungs.sum()))
    assert not found.patterns[~base.lungs].any()


def test_patterns_together_keep_their_extents(base: Base) -> None:
    found = insert(base, FIBROSIS, seed=2)
    for one in FIBROSIS:
        assert one.percent is not None
        assert extent(base, found.patterns, one.pattern) == round(one.percent / 100.0 * int(base.lungs.sum()))


@pytest.mark.parametrize("style", LUMPS)
def test_lumps_lie_on_the_pleura_of_both_lungs(base: Base, style: str) -> None:
    held = insert(base, [Wanted("consolidation", style)], seed=3).patterns > 0
    border = base.lungs & dilate(~base.lungs, 3.0, base.volume.voxel_mm)
    middle = base.lungs.shape[2] // 2
    assert (held & border)[:, :, :middle].any()
    assert (held & border)[:, :, middle:].any()


def test_nothing_changes_away_from_the_lungs(base: Base) -> None:
    found = insert(base, FIBROSIS, seed=2)
    far = ~dilate(base.lungs, 8.0, base.volume.voxel_mm)
    assert np.array_equal(found.hu[far], base.volume.hu[far])


def test_no_disease_is_the_scan_itself(base: Base) -> None:
    found = insert(base, (), seed=1)
    assert np.array_equal(found.hu, base.volume.hu)
    assert not found.patterns.any()


def test_the_same_seed_is_the_same_disease_and_another_is_not(base: Base) -> None:
    wanted = [Wanted("reticulation", "basal", 5.0)]
    one, again, other = (insert(base, wanted, seed) for seed in (5, 5, 6))
    assert np.array_equal(one.hu, again.hu)
    assert np.array_equal(one.patterns, again.patterns)
    assert not np.array_equal(one.patterns, other.patterns)


@pytest.mark.parametrize(("pattern", "style"), [("ground_glass", "patchy"), ("reticulation", "basal")])
def test_disease_grows_from_where_it_was(base: Base, pattern: str, style: str) -> None:
    before, after = (insert(base, [Wanted(pattern, style, percent)], 7).patterns > 0 for percent in (4.0, 9.0))
    assert not (before & ~after).any()


def test_each_pattern_looks_like_itself(base: Base) -> None:
    clean = base.volume.hu

    def inner(pattern: str, style: str, percent: float | None) -> tuple[np.ndarray, np.ndarray]:
        found = insert(base, [Wanted(pattern, style, percent)], seed=8)
        held = (found.patterns > 0) & ~dilate(found.patterns == 0, 3.0, base.volume.voxel_mm)
        assert held.sum() > 30
        return clean[held].astype(float), found.hu[held].astype(float)

    before, after = inner("ground_glass", "patchy", 12.0)
    assert 120 < (after - before)[before < -800].mean() < 420
    before, after = inner("consolidation", "large wall", None)
    assert -60 < np.median(after) < 90
    before, after = inner("reticulation", "basal", 15.0)
    assert after.std() > before.std() + 30
    before, after = inner("honeycombing", "basal", 12.0)
    # Voxels of 2.9 x 2.9 x 5 mm hold both gas and walls.
    assert np.percentile(after, 90) - np.percentile(after, 10) > 350
    assert after.mean() > before.mean() + 100
    before, after = inner("emphysema", "centrilobular", 12.0)
    assert (after - before)[before < -800].mean() < -40


def test_ground_glass_keeps_the_vessels(base: Base) -> None:
    found = insert(base, [Wanted("ground_glass", "patchy", 25.0)], seed=9)
    vessel = (base.volume.hu > 0) & (base.volume.hu < 60) & (found.patterns > 0)
    assert vessel.sum() > 20
    change = found.hu[vessel].astype(float) - base.volume.hu[vessel]
    assert abs(change.mean()) < 25


def test_what_is_airless_has_the_noise_of_the_scan(base: Base) -> None:
    found = insert(base, [Wanted("consolidation", "large wall")], seed=10)
    held = (found.patterns > 0) & ~dilate(found.patterns == 0, 5.0, base.volume.voxel_mm)
    values = found.hu.astype(float)
    steps = (values[:, :, 1:] - values[:, :, :-1])[held[:, :, 1:] & held[:, :, :-1]]
    noise = base.grain.noise((4, 64, 64), np.random.default_rng(0))
    expected = np.diff(noise, axis=2).std()
    spread = 1.4826 * np.median(np.abs(steps - np.median(steps)))
    assert 0.6 * expected < spread < 1.6 * expected


def test_more_than_the_lungs_hold_is_refused(base: Base) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        insert(base, [Wanted("ground_glass", "diffuse", 100.0)], seed=1)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="striped"):
        Wanted("ground_glass", "striped", 3.0)
