"""Which score networks there are to score with: the shipped one, and those of a hospital's own register.

Standard library only: the web process reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quant.engine.errors import UnusableInput
from quant.goh import models, register

NAME = "goh_scores"


@dataclass(frozen=True, slots=True)
class Known:
    """One version of a network; `folder` is that of its register, empty for a shipped one."""

    name: str
    version: str
    sha256: str
    folder: str = ""

    @property
    def by(self) -> str:
        return f"{self.name} {self.version}"


def known(folder: str = "") -> tuple[Known, ...]:
    """The shipped network and those registered in `folder`, but for one that bears the shipped one's version.

    Raises:
        UnusableInput: the register cannot be read.
    """
    ours = models.MODELS[NAME]
    shipped = Known(ours.name, ours.version, ours.sha256)
    theirs = _registered(folder) if folder else ()
    return (shipped, *(one for one in theirs if one.by != shipped.by))


def find(name: str, version: str, folder: str = "") -> Known:
    """The network of this name and version.

    Raises:
        UnusableInput: there is none, with those that exist; or the register has another as the shipped version.
    """
    found = known(folder)
    chosen = next((one for one in found if (one.name, one.version) == (name, version)), None)
    if chosen is None:
        raise UnusableInput("unknown_model", f"no score network {name} {version}: there is {listed(found)}")
    if any(one.by == chosen.by and one.sha256 != chosen.sha256 for one in (_registered(folder) if folder else ())):
        raise UnusableInput("unknown_model", f"{chosen.by} is the shipped one: train yours as another version")
    return chosen


def listed(found: Sequence[Known]) -> str:
    """In words."""
    return ", ".join(one.by for one in found)


def weights(name: str, version: str, sha256: str, folder: str = "") -> Path:
    """The file of a network that was asked for.

    Raises:
        UnusableInput: it is not known any more, or not the file that it was.
    """
    chosen = find(name, version, folder)
    if chosen.sha256 != sha256:
        raise UnusableInput("weights", f"{chosen.by} has other weights now than when these scores were asked for")
    if folder:
        return register.weights(Path(folder), name, version)
    return models.weights(NAME)


def _registered(folder: str) -> tuple[Known, ...]:
    path = Path(folder)
    try:
        read = register.read(path)
    except (OSError, ValueError, TypeError) as error:
        raise UnusableInput("weights", f"{path / register.FILE} cannot be read: {error}") from error
    return tuple(Known(one.name, one.version, one.sha256, folder) for one in read)
