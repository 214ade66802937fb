"""What the score network learns from: squares with their scores, and where in them the patterns lie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quant.engine.arrays import Image
from quant.goh.slices import Square, square
from quant.goh.synthesis import Drawn, draw
from quant.training.patterns.scans import Clean

# Shares of patterns are kept on a grid so much coarser than the image.
COARSER = 4
FULL = 255.0
TOLD_EVERY = 200
FIELDS = ("images", "parts", "scores", "known", "owners")
Bytes = npt.NDArray[np.uint8]
Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Pool:
    """n slices: `images` (n, PLANES, size, size) 0..255; `parts` (n, 4, size/4, size/4), the shares 0..255 of each
    pixel that are lung, TOT, GG, RET; `scores` (n, 3) as shares 0..1; `known` (n): is it drawn, so that `parts` hold
    the patterns; `owners` (n), whose chest it is, a number into `names`.
    """

    images: Bytes
    parts: Bytes
    scores: Image
    known: npt.NDArray[np.bool_]
    owners: npt.NDArray[np.int64]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def some(self, index: npt.NDArray[np.intp]) -> Pool:
        """The slices of an index."""
        return Pool(
            self.images[index],
            self.parts[index],
            self.scores[index],
            self.known[index],
            self.owners[index],
            self.names,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One slice for the pool: its square, its scores (3) in shares 0..1, its patterns on the grid where drawn."""

    square: Square
    scores: tuple[float, float, float]
    patterns: tuple[Image, Image, Image] | None
    owner: str


def drawn(chests: Sequence[Clean], count: int, seed: int, size: int, say: Say) -> Pool:
    """`count` drawn slices, each chest as often as the others; the same seed is the same pool."""

    def examples() -> Iterable[Example]:
        for number in range(count):
            chest = chests[number % len(chests)]
            rng = np.random.default_rng([seed, number])
            one = draw(rng, [chest])
            yield example(rng, one, chest.name, size)
            if (number + 1) % TOLD_EVERY == 0:
                say(f"drawn {number + 1} of {count}")

    return pool(examples())


def example(rng: np.random.Generator, one: Drawn, owner: str, size: int) -> Example:
    """A drawn slice on the grid."""
    found = square(one.hu, one.lung, one.pixel_mm, size)
    truth = one.scores
    patterns = tuple(found.bring(plane & one.lung) for plane in (one.glass | one.lines, one.glass, one.lines))
    shares = (truth.tot / 100, truth.gg / 100, truth.ret / 100)
    return Example(found, shares, (patterns[0], patterns[1], patterns[2]), owner)


def pool(examples: Iterable[Example]) -> Pool:
    """Examples packed. Raises ValueError for none."""
    images, parts, scores, known, owners = [], [], [], [], []
    for one in examples:
        empty = np.zeros_like(one.square.lung)
        planes = (one.square.lung, *(one.patterns or (empty,) * 3))
        images.append(_bytes(one.square.image))
        parts.append(np.stack([_bytes(_coarse(plane)) for plane in planes]))
        scores.append(one.scores)
        known.append(one.patterns is not None)
        owners.append(one.owner)
    if not images:
        raise ValueError("no slice to learn from")
    names = tuple(sorted(set(owners)))
    whose = np.array([names.index(owner) for owner in owners])
    return Pool(np.stack(images), np.stack(parts), np.array(scores, np.float32), np.array(known), whose, names)


def joined(pools: Sequence[Pool]) -> Pool:
    """Several as one. Raises ValueError for none."""
    if not pools:
        raise ValueError("nothing to learn from: name scans, draw phantoms, or give readings")
    names = tuple(sorted({name for one in pools for name in one.names}))
    owners = [np.array([names.index(name) for name in one.names])[one.owners] for one in pools]
    return Pool(
        np.concatenate([one.images for one in pools]),
        np.concatenate([one.parts for one in pools]),
        np.concatenate([one.scores for one in pools]),
        np.concatenate([one.known for one in pools]),
        np.concatenate(owners),
        names,
    )


def kept(path: Path, key: str, make: Callable[[], Pool]) -> Pool:
    """The pool in a file where it was made with this key before, else made and written there."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    if path.is_file():
        with np.load(path) as file:
            if str(file["key"]) == digest:
                names = tuple(str(name) for name in file["names"])
                images, parts, scores, known, owners = (file[name] for name in FIELDS)
                return Pool(images, parts, scores, known, owners, names)
    found = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        key=np.array(digest),
        names=np.array(found.names),
        **{name: getattr(found, name) for name in FIELDS},
    )
    partial.replace(path)
    return found


def _coarse(plane: Image) -> Image:
    side = len(plane) // COARSER
    found: Image = plane.reshape(side, COARSER, side, COARSER).mean(axis=(1, 3))
    return found


def _bytes(plane: Image) -> Bytes:
    found: Bytes = np.rint(np.clip(plane, 0.0, 1.0) * FULL).astype(np.uint8)
    return found
