"""The one interface of engines that others made, and how they are found by name.

A package offers one as an entry point of group `ildportal.engines`: a callable that takes the text after the colon of
the name (a folder, a model) and returns a Segmenter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Protocol

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.patterns import NAMES
from quant.engine.volume import Volume

if TYPE_CHECKING:
    import torch

GROUP = "ildportal.engines"


@dataclass(frozen=True, slots=True, eq=False)
class Segmented:
    """Label maps uint8 (z, y, x) on the grid of the volume, with the label values of this portal; None: not drawn.

    Where lobes are drawn and lungs are not, the lungs are the lobes together. `looked_for`: the patterns it can draw.
    """

    lungs: Labels | None = None
    lobes: Labels | None = None
    patterns: Labels | None = None
    looked_for: frozenset[str] = frozenset(NAMES)


class Segmenter(Protocol):
    """What an engine of others has to be."""

    @property
    def name(self) -> str:
        """As shown beside its numbers."""

    @property
    def version(self) -> str:
        """Of the program or the model."""

    def weights(self) -> Mapping[str, str]:
        """SHA-256 of every file of weights, by name."""

    def segment(self, volume: Volume, device: torch.device) -> Segmented:
        """Draw what it can.

        Raises:
            UnusableInput: it is not installed, lacks its weights, or failed; the detail says what to do.
        """


Maker = Callable[[str], Segmenter]


def find(name: str) -> Segmenter:
    """The engine of a name such as `lungmask`, `lungmask:LTRCLobes` or `bundle:/models/lobes`.

    Raises:
        UnusableInput: there is none of that name, or it cannot be made as asked.
    """
    kind, _colon, rest = name.partition(":")
    return maker(kind)(rest)


def maker(kind: str) -> Maker:
    """What makes the engines of a kind, the name before the colon; nothing is looked for on this machine yet.

    Raises:
        UnusableInput: there is none of that name.
    """
    known = makers()
    if kind not in known:
        raise UnusableInput("engine", f"no engine {kind!r} here; there are {', '.join(sorted(['density', *known]))}")
    return known[kind]


def makers() -> dict[str, Maker]:
    """By name: those of the portal, then what installed packages offer; a name of the portal's is not taken over."""
    from quant.engine.external import bundle, lungmask, nnunet, totalsegmentator

    own: dict[str, Maker] = {
        "lungmask": lungmask.make,
        "bundle": bundle.make,
        "totalsegmentator": totalsegmentator.make,
        "nnunet": nnunet.make,
    }
    offered = {one.name: _load(one) for one in entry_points(group=GROUP)}
    return {**offered, **own}


def _load(offered: EntryPoint) -> Maker:
    def make(rest: str) -> Segmenter:
        try:
            maker: Maker = offered.load()
        except Exception as error:
            # Whatever a foreign package raises while it is imported.
            raise UnusableInput("engine", f"the engine {offered.name!r} cannot be loaded: {error}") from error
        return maker(rest)

    return make
