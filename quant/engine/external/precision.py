"""Half the bits where it makes no difference: bfloat16 once a batch has shown the same labels as float32."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

# What a network's scores may be cut at, after it: the larger of them, a probability of a half, a logit of 0.
CUTS = (0.0, 0.5)


class WhereEqual(nn.Module):
    """A network that runs in bfloat16 from the first batch on in which it drew something and drew the same.

    Until a batch holds anything it runs in float32; so it does for good where one label differs, or where its output
    is not one tensor (batch, channels, ...) whose labels could be compared. `fast` tells: None is not yet decided.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.fast: bool | None = None

    def forward(self, batch: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if self.fast:
            return self._half(batch, *args, **kwargs)
        exact = self.network(batch, *args, **kwargs)
        if self.fast is None and _holds_something(exact):
            self.fast = _same_labels(exact, self._half(batch, *args, **kwargs))
        return exact

    def _half(self, batch: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        with torch.autocast(batch.device.type, torch.bfloat16):
            found = self.network(batch, *args, **kwargs)
        return found.float() if isinstance(found, torch.Tensor) else found


def where_equal(network: nn.Module, device: torch.device) -> nn.Module:
    """The network, in bfloat16 where that is fast (CUDA) and equal."""
    return WhereEqual(network) if device.type == "cuda" else network


def _holds_something(scores: Any) -> bool:
    """More than one label, by any way of cutting; what cannot be compared is decided at once."""
    if not isinstance(scores, torch.Tensor):
        return True
    return any(bool((one != one.flatten()[0]).any()) for one in _labels(scores))


def _same_labels(exact: Any, half: Any) -> bool:
    if not isinstance(exact, torch.Tensor):
        return False
    return all(torch.equal(a, b) for a, b in zip(_labels(exact), _labels(half), strict=True))


def _labels(scores: torch.Tensor) -> list[torch.Tensor]:
    """Every label map that these scores may become."""
    cut = [scores > value for value in CUTS]
    return [scores.argmax(dim=1), *cut] if scores.shape[1] > 1 else cut
