"""Where torch computes. Torch is imported when asked for, never with this module."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from quant.engine.errors import UnusableInput

if TYPE_CHECKING:
    import torch

CHOICES = ("auto", "cpu", "cuda")


def resolve(name: str) -> torch.device:
    """The torch device for `auto`, `cpu` or `cuda`.

    Raises:
        UnusableInput: an unknown name, or cuda where there is none.
    """
    if name not in CHOICES:
        raise UnusableInput("device", f"device {name!r} is not one of {', '.join(CHOICES)}")
    import torch

    torch.set_num_threads(usable_cores())
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise UnusableInput("device", "no CUDA device here: use --device cpu or --device auto")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
