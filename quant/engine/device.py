"""Where torch computes. Torch is imported when asked for, never with this module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch and the matrix products of numpy without threads of their own, for callers that use every core themselves.

    Their threads spin while they wait for one another: over many small products, beside another process on the same
    two cores, measures of texture took 45 s instead of 3.
    """
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)
