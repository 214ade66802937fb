"""Clean scans, disease put into them, the engine run on each, and what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from quant.engine.result import MAPS, TUBES, Measured
from quant.engine.volume import Volume
from quant.evaluation import cases, score
from quant.evaluation.base import Base
from quant.evaluation.insert import Inserted, insert
from quant.evaluation.perturb import rescanned
from quant.evaluation.targets import Seen

Engine = Callable[[Volume], Measured]
# Told of each case when it has been measured: the base, the name of the case, what was inserted, what was found.
Watch = Callable[[Base, str, Inserted | None, Measured], None]


def clean(base: Base, engine: Engine, watch: Watch) -> Iterator[Seen]:
    """The scan as it is, twice."""
    measured = engine(base.volume)
    watch(base, "clean", None, measured)
    yield from score.clean(base, measured)
    yield from score.branching(base, measured)
    if base.lobes is not None:
        yield from score.lobes(base, measured)
    yield Seen("identical", base.name, "clean", float(same(measured, engine(base.volume))))


def same(a: Measured, b: Measured) -> bool:
    """Two results with the same numbers and the same label maps; seconds may differ."""

    def numbers(one: Measured) -> dict[str, object]:
        document = dict(one.document)
        document["engine"] = {k: v for k, v in document["engine"].items() if k != "seconds"}
        return document

    maps = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in (*MAPS, *TUBES))
    return maps and numbers(a) == numbers(b)


def lungs(base: Base, engine: Engine, watch: Watch, seed: int, wanted: Sequence[cases.Case]) -> Iterator[Seen]:
    """Consolidation at the border of the lung."""
    for case in wanted:
        inserted = insert(base, case.wanted, seed)
        measured = engine(base.with_hu(inserted.hu))
        watch(base, case.name, inserted, measured)
        yield from score.consolidated(base, case.name, inserted.patterns, measured)


def patterns(base: Base, engine: Engine, watch: Watch, seed: int, wanted: Sequence[cases.Case]) -> Iterator[Seen]:
    """Each pattern, and some together."""
    for case in wanted:
        inserted = insert(base, case.wanted, seed)
        measured = engine(base.with_hu(inserted.hu))
        watch(base, case.name, inserted, measured)
        yield from score.diseased(base, case.name, inserted.patterns, measured)


def pairs(base: Base, engine: Engine, watch: Watch, seed: int, wanted: Sequence[cases.Pair]) -> Iterator[Seen]:
    """One disease at two times; the second scan lies a little elsewhere and has noise of its own."""
    for pair in wanted:
        before, after = insert(base, pair.before, seed), insert(base, pair.after, seed)
        first = engine(base.with_hu(before.hu))
        second = engine(base.with_hu(rescanned(after.hu, base, seed)))
        watch(base, f"{pair.name}, before", before, first)
        watch(base, f"{pair.name}, after", after, second)
        drawn = score.change(base.lungs, before.patterns, base.lungs, after.patterns)
        found = score.change(first.lungs > 0, first.patterns, second.lungs > 0, second.patterns)
        yield Seen("change_error", base.name, pair.name, abs(found - drawn))
        yield Seen("change_sign", base.name, pair.name, float(found * drawn > 0))
