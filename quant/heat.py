"""Which heat maps a measurement has, as the worker listed them. Standard library only: the web process reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = "ildportal.heat/2"
FOLDER, INDEX = "heat", "heat.json"
SCORES = ("tot", "gg", "ret")
FILES = frozenset(f"level-{level}-{score}.png" for level in range(1, 6) for score in SCORES)
# A map is painted in so many steps, the last where all of the lung that was replaced had counted.
STEPS, DEEPEST, UNCHOSEN = 4, -1.0, -0.5


@dataclass(frozen=True, slots=True)
class Trust:
    """How well maps give a score back (`r2`) and cover what was drawn (`overlap`, Dice), on slices kept for it."""

    r2: float | None
    overlap: float | None


@dataclass(frozen=True, slots=True)
class Network:
    """Whose scores the maps explain. `thresholds` are in points for each % of the lung replaced; None: none chosen."""

    name: str
    version: str
    sha256: str
    thresholds: dict[str, float] | None
    trust: dict[str, Trust] = field(default_factory=dict)

    @property
    def by(self) -> str:
        return f"{self.name} {self.version}"

    def edges(self, score: str) -> tuple[float, ...]:
        """Where each step of the paint begins."""
        first = self.thresholds[score] if self.thresholds else UNCHOSEN
        last = min(DEEPEST, 2 * first)
        return tuple(first + (last - first) * step / STEPS for step in range(STEPS))


@dataclass(frozen=True, slots=True)
class Part:
    """One score of a level: `told` by the network of the slice as it is, without views; `percent` that the map gives
    back, None without a threshold. Both in % of the lung area of the slice. right, left: the same of that lung alone.
    """

    told: float
    percent: float | None
    right: float | None = None
    left: float | None = None


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
    """The maps of one measurement, or the `reason` why there are none. `version` changes when they are drawn anew."""

    use: str
    network: Network | None
    levels: tuple[LevelHeat, ...]
    version: str = ""
    reason: str = ""

    def of(self, by: str, sha256: str) -> bool:
        """Whether these are whole, and of the network with this name, version and digest."""
        network = self.network
        return network is not None and not self.reason and (network.by, network.sha256) == (by, sha256)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False)
        (folder / INDEX).write_text(text + "\n", encoding="utf-8")


def read(results: Path) -> Heat | None:
    """The maps in a run's folder of results; None where none were drawn yet."""
    try:
        content = json.loads((results / FOLDER / INDEX).read_text(encoding="utf-8"))
        network = content["network"] and _network(content["network"])
        levels = tuple(map(_level, content["levels"]))
        return Heat(content["use"], network, levels, content["version"], content["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _network(content: dict[str, Any]) -> Network:
    trust = {name: Trust(**one) for name, one in content["trust"].items()}
    return Network(**{**content, "trust": trust})


def _level(content: dict[str, Any]) -> LevelHeat:
    parts = {name: Part(**part) for name, part in content["parts"].items()}
    return LevelHeat(**{**content, "parts": parts})
