"""An evaluation from its request to its table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from quant.engine.digest import sha256
from quant.engine.identity import ENGINE_NAME, ENGINE_VERSION, WEIGHTS
from quant.engine.result import Measured
from quant.engine.run import quantify
from quant.engine.volume import Volume
from quant.evaluation import cases, cost, goh, heat, report, run, scans
from quant.evaluation.base import Base
from quant.evaluation.insert import Inserted
from quant.evaluation.picture import save
from quant.evaluation.repeatability import limits, two_digits
from quant.evaluation.targets import Seen, rows
from quant.goh.scores import RESEARCH_USE, load

Form = Literal["text", "markdown", "json"]
Tell = Callable[[str], None]
Named = TypeVar("Named", cases.Case, cases.Pair)


@dataclass(frozen=True)
class Plan:
    """What is asked: which scans and phantoms, which parts and cases, the seed, the engine and the form."""

    scans: tuple[Path, ...] = ()
    phantoms: int = 0
    thickness_mm: float = 2.5
    matrix: int = 320
    parts: tuple[str, ...] = ("clean", "lungs", "patterns", "pairs")
    cases: tuple[str, ...] = ()
    seed: int = 1
    engine: str | None = None
    device: str = "auto"
    pictures: Path | None = None
    form: Form = "text"

    def bases(self, tell: Tell) -> Iterator[Base]:
        """Each clean scan, then each phantom, one at a time in memory."""
        for path in self.scans:
            tell(f"{path.name}: reading the lungs")
            yield scans.load(path)
        for number in range(self.phantoms):
            tell(f"phantom {self.seed + number}: drawing")
            yield scans.phantom(self.seed + number, thickness_mm=self.thickness_mm, matrix=self.matrix)

    @property
    def identity(self) -> dict[str, Any]:
        """What the engine is before it has said so itself."""
        return {"name": self.engine or ENGINE_NAME, "version": ENGINE_VERSION, "weights": dict(WEIGHTS)}

    def measure(self, volume: Volume) -> Measured:
        """The engine that is evaluated."""
        return quantify(volume, device=self.device, engine=self.engine or ENGINE_NAME)

    def chosen(self, of: Iterable[Named]) -> list[Named]:
        """The cases whose names hold one of those asked for; all where none is asked for."""
        return [one for one in of if not self.cases or any(part in one.name for part in self.cases)]


def evaluate(plan: Plan, tell: Tell) -> str:
    """The table, in the form asked for."""
    seen: list[Seen] = []
    # The cost is measured in another process: then nobody but the identity says which engine it was.
    engine = plan.identity

    def watch(base: Base, name: str, inserted: Inserted | None, measured: Measured) -> None:
        engine.update({key: measured.document["engine"][key] for key in ("name", "version", "weights")})
        seconds = measured.document["engine"]["seconds"]["total"]
        tell(f"{base.name}: {name}, measured in {seconds:.1f} s")
        if plan.pictures is not None:
            save(plan.pictures / f"{base.name} {name}.png".replace(" ", "-").replace(",", ""), base, inserted, measured)

    started = time.monotonic()
    try:
        for base in plan.bases(tell):
            for part in _parts(plan, base, watch):
                seen.extend(part)
    except KeyboardInterrupt:
        tell("stopped: the table holds what was measured until now")
    about = {"engine": engine, "seed": plan.seed, "seconds": round(time.monotonic() - started, 1)}
    return _written(plan.form, seen, about)


def joined(paths: Sequence[Path], form: Form) -> str:
    """One table of several JSON documents.

    Raises:
        ValueError: no such document, or engines or seeds that differ.
    """
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if any(one.get("schema") != report.SCHEMA for one in documents):
        raise ValueError(f"not every file is of schema {report.SCHEMA}")
    about = {key: documents[0][key] for key in ("engine", "seed")}
    if any(one[key] != value for one in documents for key, value in about.items()):
        raise ValueError("the files are of different engines or seeds")
    seen = [Seen(**one) for document in documents for one in document["seen"]]
    return _written(form, seen, {**about, "seconds": sum(one["seconds"] for one in documents)})


def _parts(plan: Plan, base: Base, watch: run.Watch) -> Iterator[Iterator[Seen]]:
    """The parts asked for, each begun when the one before it is done."""
    if "clean" in plan.parts:
        yield run.clean(base, plan.measure, watch)
    if "lungs" in plan.parts:
        yield run.lungs(base, plan.measure, watch, plan.seed, plan.chosen(cases.LUNGS))
    if "patterns" in plan.parts:
        yield run.patterns(base, plan.measure, watch, plan.seed, plan.chosen(cases.PATTERNS))
    if "pairs" in plan.parts:
        yield run.pairs(base, plan.measure, watch, plan.seed, plan.chosen(cases.PAIRS))
    if "cost" in plan.parts:
        yield cost.measure(base, plan.engine or ENGINE_NAME, plan.device)


def _written(form: Form, seen: list[Seen], about: dict[str, Any]) -> str:
    table = rows(seen)
    if form == "json":
        return json.dumps(report.document(table, seen, about), indent=1)
    write = report.markdown if form == "markdown" else report.text
    engine = about["engine"]
    return f"{engine['name']} {engine['version']}, seed {about['seed']}\n\n{write(table)}"


def repeat(plan: Plan, tell: Tell) -> dict[str, Any]:
    """The repeatability document of the engine over every base, clean and with disease."""
    found = limits(plan.bases(tell), partial(_timed, plan, tell), plan.seed)
    return {**found, "limits": two_digits(found["limits"])}


def goh_scores(plan: Plan, weights: Path, tell: Tell, *, measured: bool = False) -> dict[str, Any]:
    """How far off a network of Goh scores is on every base: over all, by scan, by case.

    `measured`: beside it what the engine counts on its own label maps.
    """
    scorer = load(weights)
    measure = partial(_timed, plan, tell) if measured else None
    seen = [goh.score(one, scorer) for base in plan.bases(tell) for one in goh.drawn(base, plan.seed, tell, measure)]
    engine = {"engine": plan.identity} if measured else {}
    return {"use": RESEARCH_USE, "weights": sha256(weights), **engine, "seed": plan.seed, **goh.document(seen)}


def goh_maps(plan: Plan, weights: Path, count: int, draw: heat.Draw, draw_seed: int, tell: Tell) -> dict[str, Any]:
    """Thresholds of a network's heat maps, chosen on slices that `draw` gives, and how well maps give back its scores.

    On `count` slices of every base for either.
    """
    scorer, device = load(weights), "cpu" if plan.device == "auto" else plan.device
    held: list[heat.Mapped] = []
    other: list[heat.Mapped] = []
    chests = []
    for base in plan.bases(tell):
        chests.append(base.name)
        tell(f"{base.name}: {count} slices to choose by")
        held.extend(heat.validation(base, count, draw, scorer, device))
        other.extend(heat.held_out(base, count, plan.seed, scorer, device, tell))
    about = {"use": RESEARCH_USE, "weights": sha256(weights), "chests": chests}
    return {**about, **heat.document(held, other, draw_seed, plan.seed, device)}


def _timed(plan: Plan, tell: Tell, volume: Volume) -> Measured:
    measured = plan.measure(volume)
    tell(f"measured in {measured.document['engine']['seconds']['total']:.1f} s")
    return measured
