"""What the network is trained on: patterns drawn into lungs, labelled where they are and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from quant.engine.arrays import Image
from quant.engine.patterns import CONSOLIDATION, EMPHYSEMA, GROUND_GLASS, HONEYCOMBING, NAMES, RETICULATION
from quant.training.patterns import samples, tiles
from quant.training.patterns.looks import LOOKS
from quant.training.patterns.regions import Crop, region
from quant.training.patterns.samples import SIDE, sample
from quant.training.patterns.scans import Clean

OUTSIDE = 255
EVERY = tuple(range(1, len(NAMES) + 1))


@pytest.fixture
def crop(clean_chest: Clean) -> Crop:
    cut = (slice(19, 22), slice(60, 188), slice(20, 148))
    return Crop(clean_chest.hu[cut].astype(np.float32), clean_chest.lung[cut], clean_chest.depth[cut], (2.5, 1.2, 1.2))


def drawn(crop: Crop, pattern: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    share = np.where(crop.lung & (crop.depth > 4), np.float32(1), np.float32(0))
    hu, mask = LOOKS[pattern](rng, crop, share)
    return hu, mask, share


def test_the_same_seed_is_the_same_sample(clean_chest: Clean) -> None:
    one, other = (sample(np.random.default_rng(5), [clean_chest]) for _ in range(2))
    assert np.array_equal(one.hu, other.hu)
    assert np.array_equal(one.labels, other.labels)


def test_samples_hold_every_pattern_and_clean_lung(clean_chest: Clean) -> None:
    rng = np.random.default_rng(1)
    seen: Counter[int] = Counter()
    clean = 0
    for _ in range(40):
        hu, lung, labels = sample(rng, [clean_chest])
        assert hu.shape == (3, 3, SIDE, SIDE)
        assert labels.shape == lung.shape == (SIDE, SIDE)
        mean, top, bottom = hu
        assert (bottom <= mean).all()
        assert (mean <= top).all()
        values = set(np.unique(labels)) - {OUTSIDE}
        assert values <= {0, *EVERY}
        clean += values <= {0}
        seen.update(values)
        assert lung[labels != OUTSIDE].mean() > 0.8, "labels lie in the lung"
    assert all(seen[pattern] >= 3 for pattern in EVERY)
    assert 5 <= clean <= 25


@pytest.mark.parametrize("pixel_mm", [1.2, 0.8])
def test_a_chest_that_brings_its_disease_keeps_its_labels(clean_chest: Clean, pixel_mm: float) -> None:
    """Coarse pixels are blocks by themselves, fine ones are joined: where the labels say so, it is dense."""
    patterns = np.where(clean_chest.lung & (clean_chest.depth > 15), np.uint8(CONSOLIDATION), np.uint8(0))
    hu = np.where(patterns > 0, np.int16(40), clean_chest.hu)
    known = replace(clean_chest, hu=hu, patterns=patterns, voxel_mm=(2.5, pixel_mm, pixel_mm))
    rng = np.random.default_rng(4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "DISEASED_SHARE", 1.0)
        drawn = [sample(rng, [known]) for _ in range(6)]
    for hu_of, _, labels in drawn:
        assert set(np.unique(labels)) <= {0, CONSOLIDATION, OUTSIDE}
        if (labels == CONSOLIDATION).sum() > 50 and (labels == 0).sum() > 50:
            assert np.median(hu_of[0, 1][labels == CONSOLIDATION]) > np.median(hu_of[0, 1][labels == 0]) + 400
        coarse = np.array_equal(hu_of[0], hu_of[1])
        assert coarse or pixel_mm < samples.COARSE_MM
    assert any((labels == CONSOLIDATION).any() for _, _, labels in drawn)


@pytest.mark.parametrize("pattern", EVERY)
@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_changes_its_region_only(crop: Crop, pattern: int, seed: int) -> None:
    hu, mask, share = drawn(crop, pattern, seed)
    changed = np.abs(hu - crop.hu) > 1
    assert not changed[share == 0].any()
    assert not mask[share == 0].any()
    assert changed.any()


@pytest.mark.parametrize("seed", range(4))
def test_the_patterns_look_like_themselves(crop: Crop, seed: int) -> None:
    """Dense, dark or lined as their names say; means over the region, so that no drawing is prescribed."""
    found = {pattern: drawn(crop, pattern, seed) for pattern in EVERY}
    inside = found[GROUND_GLASS][2] > 0
    lung = crop.hu[inside]
    assert 60 < found[GROUND_GLASS][0][inside].mean() - lung.mean() < 500
    assert found[CONSOLIDATION][0][inside].mean() > -350
    emphysema = found[EMPHYSEMA]
    assert emphysema[0][emphysema[1]].mean() < -930
    spread = {p: found[p][0][inside].std() for p in EVERY}
    assert min(spread[RETICULATION], spread[HONEYCOMBING]) > 60
    hollow, wall = np.percentile(found[HONEYCOMBING][0][inside], [15, 90])
    assert hollow < -700
    assert wall > hollow + 150


@pytest.mark.parametrize("pattern", EVERY)
def test_regions_lie_in_the_lung(crop: Crop, pattern: int) -> None:
    rng = np.random.default_rng(2)
    shares = [region(rng, crop, pattern) for _ in range(8)]
    for share in shares:
        assert share.min() >= 0
        assert share.max() <= 1
        assert not share[~crop.lung].any()
    covered = [(share > 0.5)[crop.lung].mean() for share in shares]
    assert np.std(covered) > 0.05, "regions of many sizes"


@pytest.mark.parametrize("build", [tiles.sheets, tiles.bubbles, lambda: tiles.cells(0.2)])
def test_tiles_repeat_without_a_seam(build: Callable[[], Image]) -> None:
    """The step across the edge is like any other step."""
    tile = build()
    for axis in range(3):
        inner = np.abs(np.diff(tile, axis=axis)).mean()
        across = np.abs(tile.take(0, axis) - tile.take(-1, axis)).mean()
        assert across < 1.5 * inner
