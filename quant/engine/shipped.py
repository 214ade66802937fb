"""The weights that this engine brings and was measured with; others under their names are refused."""

from __future__ import annotations

from pathlib import Path

from quant.engine.digest import sha256
from quant.engine.errors import UnusableInput
from quant.engine.identity import WEIGHTS

FOLDER = Path(__file__).parent.parent / "weights"


def weights(name: str) -> Path:
    """The file of these weights.

    Raises:
        UnusableInput: it is not there, or not the one that this engine was measured with.
    """
    path = FOLDER / f"{name}.safetensors"
    if not path.is_file() or sha256(path) != WEIGHTS[name]:
        raise UnusableInput("weights", f"{path.name} is not the file that this engine was measured with")
    return path
