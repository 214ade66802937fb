"""One timed job, and the line that tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """`seconds` of our own job; those of a `peer` that did the same in the same run, or None where there is none."""

    job: str
    seconds: float
    peer: str = ""
    peer_seconds: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours by the peer's: below 1 is faster than the peer."""
        return self.seconds / self.peer_seconds if self.peer_seconds else None


def best(job: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some rounds, in turn: what the machine can do."""
    return min(_once(job) for _ in range(times))


def typical(job: Callable[[], object], times: int = 15) -> float:
    """Median seconds, after one round that warms caches."""
    job()
    return median(_once(job) for _ in range(times))


def _once(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def table(lines: list[Line]) -> list[str]:
    head = f"{'job':<44}{'seconds':>10}  {'peer':<34}{'seconds':>10}{'ratio':>8}"
    return [head, *(_row(line) for line in lines)]


def _row(line: Line) -> str:
    theirs = "" if line.peer_seconds is None else f"{line.peer_seconds:.3f}"
    ratio = "" if line.ratio is None else f"{line.ratio:.3f}"
    return f"{line.job:<44}{line.seconds:>10.3f}  {line.peer or 'none':<34}{theirs:>10}{ratio:>8}  {line.note}".rstrip()
