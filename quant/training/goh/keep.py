"""A trained score network in a file: half precision, with how it was made and how far off it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

from quant.goh.networks import ScoreNet
from quant.goh.scores import BANDS, RESEARCH_USE, UNKNOWN_LIMIT
from quant.goh.views import seen
from quant.training.goh.fit import tensors
from quant.training.goh.pool import Pool

HELD_PERCENT = 95.0
LEAST_SLICES = 8
Table = npt.NDArray[np.float64]


def calibrated(net: ScoreNet, judge: Pool, device: torch.device) -> tuple[Table, Table, Table]:
    """Scores (n, 3) of slices kept from training, in points; by band, the error that 95 % stay below and the usual
    spread of the views (bands, 3)."""
    image, parts = tensors(judge, device)
    lung = torch.nn.functional.interpolate(parts[:, :1], image.shape[-1])
    views = 100.0 * seen(net.eval(), image, lung)
    values = views.mean(axis=1)
    errors, spreads = np.abs(values - 100.0 * judge.scores), views.std(axis=1)
    limits, usual = np.full((len(BANDS) + 1, 3), UNKNOWN_LIMIT), np.full((len(BANDS) + 1, 3), 1.0)
    for score in range(3):
        band = np.searchsorted(BANDS, values[:, score], side="right")
        for number in range(len(BANDS) + 1):
            there = band == number
            if there.sum() >= LEAST_SLICES:
                limits[number, score] = np.percentile(errors[there, score], HELD_PERCENT)
                usual[number, score] = np.percentile(spreads[there, score], 75.0)
    return values, limits, usual


def save(net: ScoreNet, path: Path, limits: Table, spread: Table, about: dict[str, Any]) -> None:
    """Weights as float16 and text about them. `about` names at least arch and size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.detach().cpu().half().contiguous() for name, value in net.state_dict().items()}
    told = {name: str(value) for name, value in about.items()}
    tables = {"limits": json.dumps(limits.round(2).tolist()), "spread": json.dumps(spread.round(2).tolist())}
    save_file(halves, path, {"kind": "goh-scores", "use": RESEARCH_USE, **told, **tables})
