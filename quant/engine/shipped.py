"""The weights that this engine brings and was measured with; others under their names are refused."""

from __future__ import annotations

from pathlib import Path

from quant.engine.digest import checked
from quant.engine.identity import WEIGHTS

FOLDER = Path(__file__).parent.parent / "weights"


def weights(name: str) -> Path:
    """The file of these weights.

    Raises:
        UnusableInput: it is not there, or not the one that this engine was measured with.
    """
    return checked(FOLDER / f"{name}.safetensors", WEIGHTS[name], "this engine was measured with")
