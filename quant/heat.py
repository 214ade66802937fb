"""Which heat maps a measurement has, as the worker listed them. Standard library only: the web process reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCHEMA = "ildportal.heat/1"
FOLDER, INDEX = "heat", "heat.json"
SCORES = ("tot", "gg", "ret")
FILES = frozenset(f"level-{level}-{score}.png" for level in range(1, 6) for score in SCORES)


@dataclass(frozen=True, slots=True)
class Part:
    """One score of a level: `told` by the network of the slice as it is, without views; `percent` that the map gives
    back, None without a threshold. Both in % of the lung area of the slice.
    """

    told: float
    percent: float | None


@dataclass(frozen=True, slots=True)
class LevelHeat:
    """Maps of a level: level-N-tot.png and so on, of the size of the level's picture; or the `reason` for none."""

    level: int
    slice: int | None
    reason: str
    width: int
    height: int
    parts: dict[str, Part]


@dataclass(frozen=True, slots=True)
class Heat:
    """The maps of one measurement. `weights` is the digest of the network, `thresholds` are in points for each % of
    the lung replaced. `reason` says why there are none at all.
    """

    weights: str
    use: str
    thresholds: dict[str, float] | None
    levels: tuple[LevelHeat, ...]
    reason: str = ""

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False)
        (folder / INDEX).write_text(text + "\n", encoding="utf-8")


def read(results: Path) -> Heat | None:
    """The maps in a run's folder of results; None where none were drawn yet."""
    try:
        content = json.loads((results / FOLDER / INDEX).read_text(encoding="utf-8"))
        levels = tuple(map(_level, content["levels"]))
        return Heat(content["weights"], content["use"], content["thresholds"], levels, content["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _level(content: dict[str, Any]) -> LevelHeat:
    parts = {name: Part(**part) for name, part in content["parts"].items()}
    return LevelHeat(**{**content, "parts": parts})
