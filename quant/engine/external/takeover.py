"""What an engine of others takes over of a measurement: it draws some parts, ours draws the rest and measures all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quant.engine import known, lungs
from quant.engine.arrays import LEFT, RIGHT, Labels
from quant.engine.errors import UnusableInput
from quant.engine.external import interface
from quant.engine.external.interface import Segmented, Segmenter
from quant.engine.identity import ENGINE_NAME, ENGINE_VERSION, METHODS, WEIGHTS, combined
from quant.engine.lobes import Lobes
from quant.engine.lungs import Lungs
from quant.engine.morphology import bounding_box
from quant.engine.patterns import NAMES, Patterns
from quant.engine.volume import Flag, Volume

if TYPE_CHECKING:
    import torch

RIGHT_LOBES, LAST_LOBE = 3, 5
AROUND_MM = 5.0
MOST = {"lungs": LEFT, "lobes": LAST_LOBE, "patterns": 5}


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What others drew of one scan, in the terms of our engine; None is drawn by ours. `maker`: who they are."""

    lungs: Lungs | None = None
    lobes: Lobes | None = None
    patterns: Labels | None = None
    looked_for: frozenset[str] = frozenset(NAMES)
    maker: str = ""

    def textures(self, ours: Patterns, lung: Labels) -> Patterns:
        """Our vessels and the patterns that count, within the lungs."""
        if self.patterns is None:
            return ours
        return replace(ours, labels=np.where(lung > 0, self.patterns, 0).astype(np.uint8))

    def told(self, numbers: dict[str, Any]) -> dict[str, Any]:
        """The numbers without those that rest on what nobody looked for; changed in place."""
        if self.lungs is not None:
            numbers["lungs"]["recovered_ml"] = None
        if self.patterns is not None:
            known.without_limits(numbers)
        return known.only(numbers, self.looked_for)

    def warnings(self) -> tuple[Flag, ...]:
        taken = [name for name in MOST if getattr(self, name) is not None]
        words = f"{' and '.join(taken)} drawn by {self.maker}, which was not evaluated with this engine"
        return (Flag("drawn_by_others", words),) if taken else ()

    def methods(self) -> dict[str, str]:
        """By pattern: what named it, of ours or another engine whole."""
        return dict(METHODS) if self.patterns is None else dict.fromkeys(sorted(self.looked_for), self.maker)

    def makers(self) -> dict[str, str]:
        """Who drew each label map."""
        ours = f"{ENGINE_NAME} {ENGINE_VERSION}"
        return {name: ours if getattr(self, name) is None else self.maker for name in MOST}


@dataclass(frozen=True, slots=True)
class Taker:
    """Our engine alone, or with the engine of `other` before it."""

    other: Segmenter | None = None

    def identity(self) -> dict[str, Any]:
        """Name, version and weights for the document.

        Raises:
            UnusableInput: the weights of the other engine are not here.
        """
        if self.other is None:
            return {"name": ENGINE_NAME, "version": ENGINE_VERSION, "weights": dict(WEIGHTS)}
        theirs: Mapping[str, str] = {f"{self.other.name}/{k}": digest for k, digest in self.other.weights().items()}
        return {
            "name": combined(self.other.name),
            "version": f"{ENGINE_VERSION}+{self.other.version}",
            "weights": {**WEIGHTS, **theirs},
        }

    def draw(self, volume: Volume, device: torch.device) -> Parts:
        """
        Raises:
            UnusableInput: the other engine failed, or what it drew cannot be used.
        """
        if self.other is None:
            return Parts()
        maker = f"{self.other.name} {self.other.version}"
        found = _segmented(self.other, volume, device)
        for name, most in MOST.items():
            _check(getattr(found, name), name, most, volume, maker)
        return _parts(found, volume, device, maker)


def taker(engine: str) -> Taker:
    """The engine of a name: `density` is ours alone; `lungmask` and `density+lungmask` are ours after lungmask.

    Raises:
        UnusableInput: there is none of that name.
    """
    if engine == ENGINE_NAME:
        return Taker()
    return Taker(interface.find(_theirs(engine)))


def check(engine: str) -> None:
    """Whether an engine has this name, wherever its weights may lie.

    Raises:
        UnusableInput: there is none of that name.
    """
    if engine != ENGINE_NAME:
        interface.maker(_theirs(engine).partition(":")[0])


def _theirs(engine: str) -> str:
    return engine.removeprefix(combined(""))


def _segmented(other: Segmenter, volume: Volume, device: torch.device) -> Segmented:
    # What others print belongs beside our answer, never into it.
    try:
        with redirect_stdout(sys.stderr):
            return other.segment(volume, device)
    except (UnusableInput, MemoryError):
        raise
    except Exception as error:
        # Whatever foreign code raises.
        raise UnusableInput("engine_failed", f"{other.name} failed: {type(error).__name__}: {error}") from error


def _check(found: Labels | None, name: str, most: int, volume: Volume, maker: str) -> None:
    if found is None:
        return
    if found.shape != volume.hu.shape or found.dtype != np.uint8:
        words = f"{maker} drew {name} as {found.dtype} {found.shape}, not as uint8 {volume.hu.shape}"
        raise UnusableInput("engine_failed", words)
    if int(found.max()) > most:
        raise UnusableInput("engine_failed", f"{maker} drew {name} with the label {int(found.max())}, above {most}")


def _parts(found: Segmented, volume: Volume, device: torch.device, maker: str) -> Parts:
    drawn = found.lungs
    if drawn is None and found.lobes is not None:
        drawn = np.where(found.lobes > RIGHT_LOBES, LEFT, RIGHT * (found.lobes > 0)).astype(np.uint8)
    if drawn is None and found.patterns is None:
        raise UnusableInput("engine_failed", f"{maker} drew neither lungs nor lobes nor patterns")
    lung = None if drawn is None else _lungs(drawn, volume, device, maker)
    lobe = found.lobes
    if lobe is not None and drawn is not None:
        lobe = np.where(drawn > 0, lobe, 0).astype(np.uint8)
    return Parts(
        lungs=lung,
        lobes=None if lobe is None else Lobes(lobe, {}, external=True),
        patterns=found.patterns,
        looked_for=frozenset(NAMES) if found.patterns is None else found.looked_for,
        maker=maker,
    )


def _lungs(labels: Labels, volume: Volume, device: torch.device, maker: str) -> Lungs:
    """Lungs as drawn, with our airway: they decide themselves what of it is lung."""
    missing = [word for word, side in (("right", RIGHT), ("left", LEFT)) if not (labels == side).any()]
    if missing:
        words = f"{maker} drew no {' and no '.join(missing)} lung: measure with {ENGINE_NAME} to see if there are two"
        raise UnusableInput("engine_failed", words)
    margin = [int(np.ceil(AROUND_MM / mm)) for mm in volume.voxel_mm]
    airway = lungs.airway(volume.hu, volume.voxel_mm, device)
    return Lungs(labels, np.zeros(labels.shape, bool), airway, bounding_box(labels > 0, margin))
