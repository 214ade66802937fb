"""One person at one breath: every smooth field and every branch, before scanner and disease."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from quant.training.phantom import abdomen, body, lobes, mediastinum, thorax, trees
from quant.training.phantom.frame import Frame, frame
from quant.training.phantom.model import Subject
from quant.training.phantom.shapes import Field, smooth_min

# At full inspiration tissue takes up this share of the lung, and stays when that much of the volume leaves.
TISSUE_SHARE, EXPIRED_LOSS = 0.115, 0.52
PER_YEAR, REFERENCE_AGE = 0.0025, 50.0
GRAVITY_PER_MM, MOTTLE = 0.00018, (0.007, 0.005)
TISSUE_HU = 40.0
# Vessels do not begin in the outermost millimetres of the lung.
INNER_MM = 3.0


@dataclass(frozen=True, eq=False)
class Anatomy:
    """`fields` of the model grid by name, `chest` with its distances, the `trees` in the person's space."""

    frame: Frame
    chest: thorax.Thorax
    fields: dict[str, Field]
    trees: trees.Trees


@dataclass(frozen=True, eq=False)
class _Chest:
    frame: Frame
    great: Field
    thorax: thorax.Thorax
    fissures: lobes.Fissures


@lru_cache(maxsize=2)
def anatomy(subject: Subject, breath: float) -> Anatomy:
    """The anatomy; the last two are kept, as serial scans of one person follow each other."""
    here = _chest(subject, breath)
    person, at = here.frame, here.frame.soft
    fields = {
        "lungs": here.thorax.lungs,
        "right": here.thorax.right,
        "right oblique": here.fissures.right_oblique,
        "left oblique": here.fissures.left_oblique,
        "horizontal": here.fissures.horizontal,
        "fissure": here.fissures.drawn,
        "diaphragm": -here.thorax.diaphragm,
        "organs": smooth_min(mediastinum.heart(at), here.great, 2.0),
        "vessels": here.great,
        "streaks": person.noise(80, 12.0),
        "strength": person.noise(81, 16.0),
        "air": _air(person),
        "x": person.bony.x,
        "y": person.bony.y,
        "z": person.bony.z,
        **body.build(person, here.thorax),
        **abdomen.build(at, here.thorax),
    }
    return Anatomy(person, here.thorax, fields, _trees(subject, person))


@lru_cache(maxsize=2)
def _chest(subject: Subject, breath: float) -> _Chest:
    person = frame(subject, breath)
    great = mediastinum.vessels(person.soft)
    return _Chest(person, great, thorax.build(person, great), lobes.build(person))


def _trees(subject: Subject, person: Frame) -> trees.Trees:
    """Grown in the inspired lung and carried along by the breath, so that each branch keeps its place."""
    full = _chest(subject, 1.0)
    cuts = full.fissures
    labels = lobes.divide(full.thorax.right, cuts.right_oblique, cuts.left_oblique, cuts.horizontal)
    inner = np.where(full.thorax.lungs < -INNER_MM, labels, 0).astype(np.uint8)
    return trees.grow(person, trees.end_points(inner, full.frame), subject.height_cm / 175.0)


def _air(person: Frame) -> Field:
    """HU of healthy parenchyma: denser where it lies below and when air has left, thinner with age."""
    out = 1.0 - person.breath
    thinner = 1.0 - PER_YEAR * (person.subject.age_years - REFERENCE_AGE)
    tissue = TISSUE_SHARE * thinner / (1.0 - EXPIRED_LOSS * out)
    gravity = GRAVITY_PER_MM * (1.0 + 3.5 * out) * (person.soft.y - 5.0)
    mottle = (1.0 + 1.5 * out) * (MOTTLE[0] * person.noise(82, 14.0) + MOTTLE[1] * person.noise(83, 50.0))
    air: Field = (-1000.0 + (1000.0 + TISSUE_HU) * (tissue + gravity + mottle)).astype(np.float32)
    return air
