"""Heat maps: lowest where disease was drawn, nothing beyond the lung, the same for every batch size."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch

from quant.engine.arrays import Hu, Labels, Mask
from quant.engine.errors import UnusableInput
from quant.goh import heatmap, models, scores
from quant.goh.heatmap import NAMES, HeatMap
from quant.goh.networks import ScoreNet
from quant.goh.scores import Scorer
from quant.training.phantom import Phantom, Scan, Subject, make

MM = (2.5, 1.2, 1.2)
SIDE = 256
DENSE_HU, DENSER_HU = -650.0, -250.0


class Ideal(torch.nn.Module):
    """Counts dense lung: TOT all of it, RET the densest, GG the rest; whatever planes follow the first."""

    def forward(self, image: torch.Tensor, lung: torch.Tensor) -> torch.Tensor:
        """Shares (n, 3)."""
        hu = image[:, :1] / lung.clamp(min=1e-3) * 1200.0 - 1000.0
        tot, ret = (((hu > least) * lung).sum((1, 2, 3)) / lung.sum((1, 2, 3)) for least in (DENSE_HU, DENSER_HU))
        return torch.stack((tot, tot - ret, ret), 1)


def ideal() -> Scorer:
    nothing = np.zeros((4, 3))
    return Scorer(cast("ScoreNet", Ideal()), 96, nothing, nothing)


def disk(at: tuple[int, int], radius: float) -> Mask:
    y, x = np.arange(SIDE)[:, None] - at[0], np.arange(SIDE)[None] - at[1]
    return np.hypot(y, x) <= radius


def scan(*, glass: bool = False, lines: bool = False) -> tuple[Hu, Labels]:
    """Two round lungs with gravity, noise, and disease in one of them each."""
    lungs = disk((128, 75), 48) * 1 + disk((128, 180), 48) * 2
    rng = np.random.default_rng(3)
    hu = -860 + 0.3 * np.arange(SIDE)[:, None] + rng.normal(0, 20, (SIDE, SIDE))
    hu[disk((110, 65), 18) & glass] = -500
    hu[disk((150, 190), 18) & lines] = -100
    hu = np.where(lungs > 0, hu, 40)
    return np.stack([hu] * 3).astype(np.int16), np.stack([lungs] * 3).astype(np.uint8)


@pytest.fixture(scope="module")
def ill() -> HeatMap:
    return heatmap.maps(*scan(glass=True, lines=True), 1, MM, ideal())


def lowest(found: HeatMap, name: str) -> tuple[int, int]:
    row, column = np.unravel_index(np.nanargmin(found.of(name)), found.of(name).shape)
    return int(row), int(column)


def test_each_map_is_lowest_in_its_disease(ill: HeatMap) -> None:
    glass, lines = disk((110, 65), 18), disk((150, 190), 18)
    assert glass[lowest(ill, "gg")]
    assert lines[lowest(ill, "ret")]
    assert (glass | lines)[lowest(ill, "tot")]
    assert np.nanmean(ill.tot[glass]) < -0.4 > np.nanmean(ill.tot[lines])
    far = (disk((128, 75), 48) & ~disk((110, 65), 55)) | (disk((128, 180), 48) & ~disk((150, 190), 55))
    assert np.abs(ill.tot[far]).max() < 0.05
    assert min(ill.gg[lines].min(), ill.ret[glass].min()) > -0.1


def test_there_is_none_outside_the_lung(ill: HeatMap) -> None:
    inside = scan()[1][1] > 0
    for name in NAMES:
        assert ill.of(name).shape == inside.shape
        assert (np.isfinite(ill.of(name)) == inside).all()
        assert not ill.marked(name, 0.0)[~inside].any()


def test_the_map_gives_back_the_score(ill: HeatMap) -> None:
    np.testing.assert_allclose(ill.scores, [14.0, 8.0, 6.0], atol=1.5)
    for name, score in zip(NAMES, ill.scores, strict=True):
        assert ill.percent(name, -0.45) == pytest.approx(score, abs=4.0)
        assert ill.percent(name, -2.0) == 0.0


def test_a_healthy_slice_is_flat() -> None:
    found = heatmap.maps(*scan(), 0, MM, ideal())
    assert found.scores.max() < 0.5
    assert np.nanmax(np.abs([found.of(name) for name in NAMES])) < 0.05


def test_batches_and_repetition_change_nothing(ill: HeatMap) -> None:
    for batch, off in ((heatmap.BATCH, 0.0), (7, 1e-5)):
        again = heatmap.maps(*scan(glass=True, lines=True), 1, MM, ideal(), batch=batch)
        assert again.patches == ill.patches
        for name in NAMES:
            np.testing.assert_allclose(again.of(name), ill.of(name), rtol=0, atol=off)


def test_patches_cover_the_lung_and_nothing_else() -> None:
    lung = scan()[1][1] > 0
    patches = heatmap.cover(lung, MM[1:])
    covered = np.zeros(lung.shape)
    for one in patches:
        assert one.weight.any()
        covered[one.where] += one.weight
    assert (covered[lung] > 1.0).all()
    assert not covered[~lung].any()


def test_a_slice_without_lung_or_outside_is_named() -> None:
    hu, lungs = scan()
    for index, code in ((3, "no_slice"), (-1, "no_slice"), (1, "no_lung")):
        with pytest.raises(UnusableInput) as refused:
            heatmap.maps(hu, lungs if code == "no_slice" else lungs * 0, index, MM, ideal())
        assert refused.value.code == code


@pytest.fixture(scope="module")
def person() -> Phantom:
    return make(Subject(seed=19, sex="F", age_years=60, height_cm=165), Scan(matrix=200, thickness=8.0, noise_hu=14.0))


def test_the_shipped_network_points_at_what_was_drawn(person: Phantom) -> None:
    scorer = scores.load(models.weights("goh_scores"))
    x, y, z = person.spacing_mm
    index = int((person.lungs > 0).sum(axis=(1, 2)).argmax())
    rows, columns = np.nonzero(person.lungs[index] == 1)
    middle = (rows.mean() - 25 / y, columns.mean())
    at = np.hypot((np.arange(200)[:, None] - middle[0]) * y, (np.arange(200)[None] - middle[1]) * x) < 30
    hu = person.hu.copy()
    hu[index][at & (person.lungs[index] > 0)] += 300
    healthy, ill = (heatmap.maps(one, person.lungs, index, (z, y, x), scorer) for one in (person.hu, hu))
    assert np.nanmax(np.abs(healthy.tot)) < 0.3
    assert at[np.unravel_index(np.nanargmin(ill.tot), at.shape)]
    assert np.nanmean(ill.tot[at]) < -0.4
    assert abs(np.nanmean(ill.tot[person.lungs[index] == 2])) < 0.1
