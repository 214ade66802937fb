"""What the labels of somebody's model mean: told in a small JSON file beside the model.

    {"lobes": {"1": "LUL", "2": "LLL", "3": "RUL", "4": "RML", "5": "RLL"}}

Keys are the model's label values, names are the portal's; `lungs` (right, left), `lobes` and `patterns` may be told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.external.interface import Segmented

FILE = "ildportal.json"
NAMES: dict[str, dict[str, int]] = {
    "lungs": {"right": 1, "left": 2},
    "lobes": {"RUL": 1, "RML": 2, "RLL": 3, "LUL": 4, "LLL": 5},
    "patterns": {"ground_glass": 1, "consolidation": 2, "reticulation": 3, "honeycombing": 4, "emphysema": 5},
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """By map, by the model's value: the portal's value."""

    maps: dict[str, dict[int, int]]

    def apply(self, found: Labels) -> Segmented:
        """The model's one label map as the portal's maps."""
        maps = {name: _turned(found, values) for name, values in self.maps.items()}
        words = {value: word for word, value in NAMES["patterns"].items()}
        looked_for = frozenset(words[value] for value in self.maps.get("patterns", {}).values())
        return Segmented(**maps, looked_for=looked_for)


def read(folder: Path) -> Meaning:
    """
    Raises:
        UnusableInput: the file is not there, is no such JSON, or names what the portal does not know.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Meaning({name: _values(name, values) for name, values in told.items()})
    except OSError as error:
        raise UnusableInput("engine", f"{path} is missing: it says what the model's labels mean") from error
    except KeyError as error:
        raise UnusableInput("engine", f"{path} names {error}, which is none of the portal's words") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise UnusableInput("engine", f"{path} is not an object of maps of label values: {error}") from error


def _values(name: str, told: dict[str, str]) -> dict[int, int]:
    return {int(value): NAMES[name][word] for value, word in told.items()}


def _turned(found: Labels, values: dict[int, int]) -> Labels:
    table = np.zeros(256, np.uint8)
    for value, ours in values.items():
        table[value] = ours
    turned: Labels = table[found]
    return turned
