"""bfloat16 only where a batch has shown that it draws the same; on the CPU, where it is rounded alike."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from quant.engine.external.precision import WhereEqual, where_equal

EMPTY, PICTURE = torch.zeros(1, 1, 8, 8), torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))


class Scores(nn.Module):
    """Scores 0 and `gain` * (density - `cut`), with the type that autocast gave them kept in `seen`."""

    def __init__(self, gain: float, cut: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1)
        self.seen: list[torch.dtype] = []
        with torch.no_grad():
            self.conv.weight[:, 0, 0, 0] = torch.tensor([0.0, gain])
            self.conv.bias[:] = torch.tensor([0.0, -gain * cut])  # type: ignore[index]

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.conv(batch)
        self.seen.append(found.dtype)
        return found


def run(network: nn.Module, *batches: torch.Tensor) -> list[Any]:
    with torch.inference_mode():
        return [network(batch) for batch in batches]


def test_one_that_draws_the_same_goes_on_with_half_the_bits() -> None:
    far = torch.where(PICTURE > 0.5, 0.9, 0.1)
    inner = Scores(8.0, 0.5)
    network = WhereEqual(inner)
    exact, _ = run(network, far, far)
    assert network.fast
    assert inner.seen == [torch.float32, torch.bfloat16, torch.bfloat16]
    assert torch.equal(exact, inner(far)), "the batch that decides is the exact one"


def test_one_that_differs_in_a_voxel_stays_exact() -> None:
    close = PICTURE * 1e-4 + 0.7
    inner = Scores(8.0, 0.70005)
    network = WhereEqual(inner)
    _, again = run(network, close, close)
    assert network.fast is False
    assert inner.seen == [torch.float32, torch.bfloat16, torch.float32]
    assert torch.equal(again, inner(close))


def test_an_empty_batch_decides_nothing() -> None:
    network = WhereEqual(Scores(8.0, 0.5))
    run(network, EMPTY, EMPTY)
    assert network.fast is None
    run(network, torch.where(PICTURE > 0.5, 0.9, 0.1))
    assert network.fast


def test_an_output_that_cannot_be_compared_stays_exact() -> None:
    class Two(nn.Module):
        def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return batch, batch

    network = WhereEqual(Two())
    run(network, PICTURE)
    assert network.fast is False


@pytest.mark.parametrize(("device", "wrapped"), [("cpu", False), ("cuda", True)])
def test_it_is_tried_where_it_is_fast(device: str, wrapped: bool) -> None:
    assert isinstance(where_equal(Scores(1.0, 0.5), torch.device(device)), WhereEqual) == wrapped
