"""As many at once as the device's memory holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from quant.engine.errors import UnusableInput

Result = TypeVar("Result")


def back_off(run: Callable[[int], Result], size: int) -> Result:
    """`run(size)`, with half the size each time that memory does not suffice.

    Raises:
        UnusableInput: not even one at a time fits.
    """
    while True:
        try:
            return run(size)
        except torch.OutOfMemoryError as error:
            if size == 1:
                raise UnusableInput(
                    "out_of_memory", "the device's memory does not suffice for one slice or window: use --device cpu"
                ) from error
            size //= 2
        # Outside the handler: while the error lives, so do the tensors of the frames in its traceback.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
