"""Fissures of known place are followed; where there is none, lobes end at the usual place and say so."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from quant.engine import fissures, lobes
from quant.engine.arrays import LEFT, RIGHT, Image, Labels, Mask

MM = (1.5, 1.5, 1.5)
SHAPE = (120, 90, 70)
Grid = npt.NDArray[np.floating[Any]]


def usual(points: Grid) -> Grid:
    """A plane that rises to the back."""
    return np.asarray(points[0] - 40.0 - 0.7 * points[1])


def bent() -> Grid:
    """Height in mm at each row and column of the fissure that is there: 12 mm above the usual one, and bent."""
    y, x = (np.arange(n)[:, None] * 1.5 if i == 0 else np.arange(n)[None] * 1.5 for i, n in enumerate(SHAPE[1:]))
    return np.asarray(52.0 + 0.7 * y + 5.0 * np.sin(x / 25.0))


def lung(hu_of_fissure: float | None) -> tuple[Image, Mask]:
    """Noisy lung in an ellipsoid, with a sheet 1.5 mm thick or without."""
    random = np.random.default_rng(3)
    z, y, x = np.indices(SHAPE) * 1.5
    inside = ((z - 90) / 85) ** 2 + ((y - 67) / 62) ** 2 + ((x - 52) / 48) ** 2 < 1
    hu = np.where(inside, random.normal(-870, 20, SHAPE), 40.0)
    if hu_of_fissure is not None:
        hu[inside & (np.abs(z - bent()[None]) < 0.75)] = hu_of_fissure
    return hu.astype(np.float32), inside


def above(found: fissures.Fissure, inside: Mask) -> npt.NDArray[np.bool_]:
    return found.above(np.argwhere(inside) * np.asarray(MM))


def test_a_bent_sheet_away_from_its_usual_place_is_followed() -> None:
    hu, inside = lung(-700.0)
    found = fissures.follow(hu, inside, MM, usual)
    truth = np.argwhere(inside)[:, 0] * 1.5 > np.broadcast_to(bent(), SHAPE)[inside]
    assert found.seen > 0.5
    assert (above(found, inside) == truth).mean() > 0.99


def test_without_a_sheet_the_usual_place_stands() -> None:
    hu, inside = lung(None)
    found = fissures.follow(hu, inside, MM, usual)
    assert found.seen < fissures.LEAST_SEEN
    truth = usual(np.argwhere(inside).T * 1.5) > 0
    assert (above(found, inside) == truth).mean() > 0.99


@pytest.fixture(scope="module")
def chest() -> tuple[npt.NDArray[np.int16], Labels]:
    """Two lungs without any fissure."""
    one, inside = lung(None)
    hu = np.full((SHAPE[0], SHAPE[1], 2 * SHAPE[2] + 10), 40, np.int16)
    labels = np.zeros(hu.shape, np.uint8)
    for side, start in ((RIGHT, 0), (LEFT, SHAPE[2] + 10)):
        hu[:, :, start : start + SHAPE[2]] = one
        labels[:, :, start : start + SHAPE[2]][inside] = side
    return hu, labels


def test_lobes_without_fissures_are_those_of_the_prior(chest: tuple[npt.NDArray[np.int16], Labels]) -> None:
    hu, labels = chest
    found = lobes.find(hu, labels, MM, torch.device("cpu"))
    assert (found.source, found.confidence) == ("prior", lobes.CONFIDENCE)
    assert set(found.seen) == {"right_oblique", "horizontal", "left_oblique"}
    inside = labels > 0
    assert np.array_equal(found.labels > 0, inside)
    assert (found.labels == lobes.by_prior(labels))[inside].mean() > 0.97


def test_one_lung_alone_has_its_own_lobes(chest: tuple[npt.NDArray[np.int16], Labels]) -> None:
    hu, labels = chest
    found = lobes.find(hu, np.where(labels == LEFT, labels, 0).astype(np.uint8), MM, torch.device("cpu"))
    assert set(np.unique(found.labels)) == {0, lobes.LUL, lobes.LLL}
    assert set(found.seen) == {"left_oblique"}
