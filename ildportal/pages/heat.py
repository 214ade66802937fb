"""Heat maps of the score network for a page: which there are, what is said beside them, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from django.conf import settings

from ildportal.pages.goh import FEW, Extent
from ildportal.pages.numbers import decimals
from quant import heat, heat_network
from quant.engine.errors import UnusableInput
from quant.heat import LevelHeat, Network, Part, Trust
from quant.models import LevelScore, Quantification
from quant.models.measures import ScoreSource

PERCENT = "\u00a0%"
NAMES = {"tot": "TOT", "gg": "GG", "ret": "RET"}
OFF = "drawing them is switched off here (ILDPORTAL_HEAT_MAPS)"
NOT_YET = "they are not drawn yet; a worker draws them after the measurement, while no scan waits"


@dataclass(frozen=True, slots=True)
class Step:
    """A colour of the scale: its number, and the range that it stands for, in points for each % replaced."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Scale:
    """What the maps of one score mean. `threshold`, `r2` and `overlap` are empty where they were not measured."""

    key: str
    name: str
    threshold: str
    r2: str
    overlap: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The map of one score of one level, with its summary in words."""

    key: str
    name: str
    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Level:
    """The maps of one level; they lie over the picture of this very slice."""

    level: int
    slice: int | None
    reason: str
    width: int
    height: int
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """`why` there are none, and `command` whether the command could draw them; else whom they explain and how well."""

    why: str = ""
    command: bool = False
    by: str = ""
    weights: str = ""
    use: str = ""
    version: str = ""
    scales: tuple[Scale, ...] = ()
    levels: tuple[Level, ...] = ()


def shown(one: Quantification, extent: Extent) -> Shown | None:
    """What a page shows beside the scores of `extent`; None for invented numbers, which have no scan."""
    if one.is_simulated:
        return None
    found, why = of(one, network_row(extent))
    if found is None or found.network is None:
        return Shown(why, command=OFF in why or NOT_YET in why)
    made_by = found.network
    return Shown(
        by=made_by.by,
        weights=made_by.sha256[:FEW],
        use=found.use,
        version=found.version,
        scales=tuple(_scale(made_by, key) for key in NAMES),
        levels=tuple(_level(made_by, one) for one in found.levels),
    )


def network_row(extent: Extent) -> LevelScore | None:
    """Any score of the network that the page shows."""
    for each in (extent, *extent.others):
        if each.source == ScoreSource.NETWORK:
            return next((row for row in each.scores if row is not None), None)
    return None


def of(one: Quantification, row: LevelScore | None) -> tuple[heat.Heat | None, str]:
    """The maps of a measurement that explain the network's score `row`, where there is one; or why there are none."""
    found = heat.read(settings.STORAGE / one.label_path) if one.label_path else None
    if found is None:
        return None, _gone(row) or (NOT_YET if settings.HEAT_MAPS else OFF)
    if found.reason or found.network is None:
        return None, f"drawing them failed: {found.reason.rstrip('.')}"
    if row is not None and found.network.sha256 != row.weights_sha256:
        scored = f"{row.model} {row.model_version}"
        others = f"those in the store are of {found.network.by}, and these scores are by {scored}"
        return None, _gone(row) or f"{others}; {NOT_YET if settings.HEAT_MAPS else OFF}"
    return found, ""


def _gone(row: LevelScore | None) -> str:
    """Why the network that scored cannot be asked any more; empty where it can."""
    if row is None:
        return ""
    try:
        heat_network.there(row.model, row.model_version, row.weights_sha256)
    except UnusableInput:
        return f"{row.model} {row.model_version}, which made these scores, is not in the portal any more"
    return ""


def _scale(network: Network, key: str) -> Scale:
    begins = network.edges(key)
    words = [f"{_signed(low)} to {_signed(high)}" for low, high in pairwise(begins)]
    steps = (Step(at, each) for at, each in enumerate([*words, f"{_signed(begins[-1])} and beyond"], 1))
    trust = network.trust.get(key, Trust(None, None))
    threshold = _signed(network.thresholds[key]) if network.thresholds else ""
    return Scale(key, NAMES[key], threshold, _two(trust.r2), _two(trust.overlap), tuple(steps))


def _level(network: Network, drawn: LevelHeat) -> Level:
    sheets = tuple(
        Sheet(key, NAMES[key], f"level-{drawn.level}-{key}.png", _words(network, key, drawn.parts[key]))
        for key in NAMES
        if key in drawn.parts
    )
    return Level(drawn.level, drawn.slice, drawn.reason, drawn.width, drawn.height, sheets)


def _words(network: Network, key: str, part: Part) -> str:
    """The share of the slice beyond the threshold, by side, beside what the network said."""
    told = f"the network said {decimals(part.told, 0)}{PERCENT}"
    if network.thresholds is None or part.percent is None:
        return f"no share told, since no threshold was chosen; {told}"
    if not part.percent:
        return f"nothing of the lung beyond {_signed(network.thresholds[key])}; {told}"
    sides = ((name, share) for name, share in (("right", part.right), ("left", part.left)) if share is not None)
    by_side = ", ".join(f"{name} {_share(share)}" for name, share in sides)
    share = f"{_share(part.percent)} of the lung beyond {_signed(network.thresholds[key])}"
    return f"{share} ({by_side}); {told}" if by_side else f"{share}; {told}"


def _share(percent: float) -> str:
    """What is painted, however little, is not told as nothing."""
    return f"under 1{PERCENT}" if 0 < percent < 1 else f"{decimals(percent, 0)}{PERCENT}"


def _signed(value: float) -> str:
    return str(decimals(value, 2))


def _two(value: float | None) -> str:
    return "" if value is None else str(decimals(value, 2))
