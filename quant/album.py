"""Which pictures a measurement has, as the worker listed them. Standard library only: the web process reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCHEMA = "ildportal.pictures/1"
FOLDER, INDEX, CORONAL, TREE = "pictures", "pictures.json", "coronal", "tree"
NAMES = (*(f"level-{level}" for level in range(1, 6)), CORONAL, TREE)
FILES = frozenset(f"{name}{suffix}.png" for name in NAMES for suffix in ("", "-mask", "-airways", "-vessels"))


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: `name`.png and `name`-mask.png, `width` x `height` pixels; `tubes` names further masks.

    `slice` and `position_mm` (DICOM patient z) count up from the feet; for the coronal section from the front
    (patient y); the airway tree, seen whole, has neither. A level outside the scan has no size and null for all that is
    not known. `basis` is "seen", "estimated" or "network", `patterns` names what the mask shows.
    """

    name: str
    level: int | None
    title: str
    slice: int | None
    position_mm: float | None
    confidence: float | None
    basis: str | None
    width: int
    height: int
    patterns: tuple[str, ...]
    tubes: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        return self.width > 0


@dataclass(frozen=True, slots=True)
class Album:
    """The pictures of one measurement: levels 1 to 5, coronal, and the airway tree where there is one.

    `version` changes whenever they are drawn anew.
    """

    version: str
    mm_per_pixel: float
    pictures: tuple[Picture, ...]

    def write(self, folder: Path) -> None:
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False)
        (folder / INDEX).write_text(text + "\n", encoding="utf-8")


def read(results: Path) -> Album | None:
    """The album in a run's folder of results; None where nothing, or nothing whole, was drawn."""
    try:
        content = json.loads((results / FOLDER / INDEX).read_text(encoding="utf-8"))
        pictures = tuple(map(_picture, content["pictures"]))
        return Album(str(content["version"]), float(content["mm_per_pixel"]), pictures)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _picture(content: dict[str, Any]) -> Picture:
    lists = {key: tuple(content.get(key, ())) for key in ("patterns", "tubes")}
    return Picture(**{**content, **lists})
