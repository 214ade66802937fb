"""The network of a peer: lungmask's R231 (Hofmanninger 2020), which draws lungs and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from quant.engine.arrays import Hu

NAME = "lungmask R231 network, lungs only"
# lungmask's own: slices of this many pixels, in batches of this many. One batch is timed.
PIXELS, BATCH = 256, 20


class Seconds(NamedTuple):
    """By the wall, and of processor over all threads."""

    wall: float
    processor: float

    def scaled(self, share: float) -> Seconds:
        return Seconds(self.wall * share, self.processor * share)


def seconds(hu: Hu, batch: int = BATCH) -> Seconds:
    """Of R231's architecture for these slices, on the same threads: one batch, evenly spread over them, scaled up.

    Its weights are random, as only their number matters here; its reading, cropping and repair are left out.
    """
    import numpy as np
    import torch
    from lungmask.resunet import UNet

    from quant.engine import device as devices

    where = devices.resolve("auto")
    shape = {"n_classes": 3, "padding": True, "depth": 5, "up_mode": "upsample", "batch_norm": True, "residual": False}
    network: Any = UNet(**shape).eval().to(where)
    chosen = hu[np.linspace(0, len(hu) - 1, min(batch, len(hu))).astype(int)].astype(np.float32)
    small = torch.nn.functional.interpolate(torch.from_numpy(chosen)[:, None], (PIXELS, PIXELS))
    pictures = ((small.clip(max=600) + 1024) / 1624).to(where)
    wall, processor = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        network(pictures).argmax(1).cpu()
    taken = Seconds(time.perf_counter() - wall, time.process_time() - processor)
    return taken.scaled(len(hu) / len(chosen))
