"""The network: shapes of every size, places that average to the scores, no lung no weight."""

from __future__ import annotations

import pytest
import torch

from quant.goh.networks import SIZES, ScoreNet, mean
from quant.goh.planes import PLANES


@pytest.mark.parametrize("arch", ["mini", "small", "atto"])
def test_scores_are_the_mean_of_the_places_over_the_lung(arch: str) -> None:
    torch.manual_seed(1)
    net = ScoreNet(arch)
    torch.nn.init.normal_(net.head.weight)
    slices, lung = torch.rand(2, PLANES, 64, 64), torch.zeros(2, 1, 64, 64)
    lung[:, :, :32] = 1
    places = net.places(slices)
    side = 64 // (4 * 2 ** (len(SIZES[arch][0]) - 1))
    assert places.shape == (2, 3, side, side)
    expected = places[:, :, : side // 2].mean((2, 3))
    torch.testing.assert_close(net(slices, lung), expected)
    assert net(slices, torch.zeros_like(lung)).abs().max() == 0


def test_widths_and_depths_are_those_of_convnext() -> None:
    with torch.device("meta"):
        counts = {arch: sum(p.numel() for p in ScoreNet(arch).parameters()) / 1e6 for arch in ("tiny", "atto")}
    assert counts["tiny"] == pytest.approx(27.8, abs=0.2)
    assert counts["atto"] == pytest.approx(3.4, abs=0.2)


def test_a_coarser_lung_weighs_the_same() -> None:
    places = torch.rand(1, 3, 4, 4)
    lung = torch.rand(1, 1, 16, 16)
    coarse = torch.nn.functional.avg_pool2d(lung, 2)
    torch.testing.assert_close(mean(places, lung), mean(places, coarse))
