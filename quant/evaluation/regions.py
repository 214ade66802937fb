"""Where a pattern lies: a score over the ground whose highest voxels are its region.

Each function returns the score and the rise of it over which the border of the pattern fades.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from quant.evaluation.disease import Wanted
from quant.evaluation.place import Flat, Ground, Seed

Score = tuple[Flat, float]
SMALL_MM, SMALL_COUNT = (8.0, 16.0), 6
LARGE_MM = (26.0, 38.0)
ZONES = {"base": (0.02, 0.30), "wall": (0.35, 0.65), "apex": (0.84, 0.97)}
LOBULE_MM, LOBULE_FIELDS = 15.0, 4


def ground_glass_patchy(ground: Ground, seed: Seed) -> Score:
    """Clouds of some cm with ragged borders, rather below and behind."""
    clouds = (
        ground.noise(45.0, (*seed, 1)) + 0.45 * ground.noise(14.0, (*seed, 2)) + 0.15 * ground.noise(5.0, (*seed, 3))
    )
    return clouds + 0.5 * ground.back - 0.4 * ground.high, 0.35


def ground_glass_lobular(ground: Ground, seed: Seed) -> Score:
    """Single lobules with straight borders beside spared ones: cells between the zero levels of smooth fields."""
    cell = np.zeros(len(ground.index), np.int64)
    for number in range(LOBULE_FIELDS):
        cell = 2 * cell + (ground.noise(LOBULE_MM, (*seed, 10 + number)) > 0)
    tone = np.random.default_rng((*seed, 4)).standard_normal(2**LOBULE_FIELDS).astype(np.float32)
    return tone[cell] + 0.8 * ground.noise(60.0, (*seed, 5)) + 0.02 * ground.noise(4.0, (*seed, 6)), 0.05


def ground_glass_diffuse(ground: Ground, seed: Seed) -> Score:
    """A veil over much of the lung, denser below and behind, without a clear border."""
    veil = 0.5 * ground.noise(80.0, (*seed, 1)) + 0.15 * ground.noise(20.0, (*seed, 2))
    return veil + 1.2 * ground.back - 0.8 * ground.high, 0.45


def consolidation_small(ground: Ground, seed: Seed) -> Score:
    """Six lumps of 8 to 16 mm radius on the pleura, at base, wall and apex of both lungs."""
    random = np.random.default_rng((*seed, 1))
    score = np.full(len(ground.index), -1e3, np.float32)
    for number in range(SMALL_COUNT):
        zone = ("base", "wall", "apex")[number % 3]
        radius = float(random.uniform(*SMALL_MM))
        site = pick(ground, zone, right=number < SMALL_COUNT / 2, random=random)
        np.maximum(score, lump(ground, site, radius, 0.25, (*seed, 20 + number)), out=score)
    return score, 1.2


def consolidation_large(zone: str) -> Callable[[Ground, Seed], Score]:
    """One large airless part on each side that takes the border of the lung with it."""

    def draw(ground: Ground, seed: Seed) -> Score:
        random = np.random.default_rng((*seed, 1))
        score = np.full(len(ground.index), -1e3, np.float32)
        for number, right in enumerate((True, False)):
            site = pick(ground, zone, right=right, random=random)
            radius = float(random.uniform(*LARGE_MM))
            np.maximum(score, lump(ground, site, radius, 0.35, (*seed, 20 + number)), out=score)
        return score, 1.5

    return draw


def consolidation_patchy(ground: Ground, seed: Seed) -> Score:
    """Airless patches, subpleural and along the bronchi, below."""
    patches = ground.noise(32.0, (*seed, 1)) + 0.4 * ground.noise(11.0, (*seed, 2))
    return patches - 0.03 * np.minimum(ground.costal, 40.0) - 0.6 * ground.high + 0.4 * ground.back, 0.10


def reticulation_basal(ground: Ground, seed: Seed) -> Score:
    """A subpleural band, widest at base and back, with tongues into the lung."""
    tongues = 5.0 * ground.noise(24.0, (*seed, 1)) + 2.5 * ground.noise(9.0, (*seed, 2))
    return -ground.costal - 26.0 * ground.high + 10.0 * ground.back + tongues, 2.5


def honeycombing_basal(ground: Ground, seed: Seed) -> Score:
    """Clusters below the pleura of the base."""
    clusters = 6.0 * ground.noise(34.0, (*seed, 1)) + 2.0 * ground.noise(10.0, (*seed, 2))
    return -ground.costal - 34.0 * ground.high + 12.0 * ground.back + clusters, 0.8


def emphysema_centrilobular(ground: Ground, seed: Seed) -> Score:
    """Holes of some mm in the upper lung, away from the pleura."""
    holes = ground.noise(8.0, (*seed, 1)) + 0.25 * ground.noise(4.0, (*seed, 2))
    away = np.clip((ground.pleura - 3.0) / 6.0, -1.0, 0.0)
    return holes + 0.8 * ground.noise(45.0, (*seed, 3)) + 1.3 * ground.high + 2.0 * away, 0.45


def emphysema_paraseptal(ground: Ground, seed: Seed) -> Score:
    """One layer of larger holes against the ribs of the upper lung."""
    beads = 6.0 * ground.noise(16.0, (*seed, 1)) + 5.0 * ground.noise(50.0, (*seed, 3))
    inward = np.clip(ground.costal - 1.0, 0.0, None)
    return beads - inward + 14.0 * np.minimum(ground.high, 0.85) - 8.0 * (ground.pleura - ground.costal < -1.0), 0.8


STYLED: dict[tuple[str, str], Callable[[Ground, Seed], Score]] = {
    ("ground_glass", "patchy"): ground_glass_patchy,
    ("ground_glass", "lobular"): ground_glass_lobular,
    ("ground_glass", "diffuse"): ground_glass_diffuse,
    ("consolidation", "small"): consolidation_small,
    ("consolidation", "large base"): consolidation_large("base"),
    ("consolidation", "large wall"): consolidation_large("wall"),
    ("consolidation", "large apex"): consolidation_large("apex"),
    ("consolidation", "patchy"): consolidation_patchy,
    ("reticulation", "basal"): reticulation_basal,
    ("honeycombing", "basal"): honeycombing_basal,
    ("emphysema", "centrilobular"): emphysema_centrilobular,
    ("emphysema", "paraseptal"): emphysema_paraseptal,
}


def pick(ground: Ground, zone: str, *, right: bool, random: np.random.Generator) -> Flat:
    """A place (z, y, x) on the pleura of one lung, in mm; at the base half of them on the diaphragm."""
    low, high = ZONES[zone]
    pixel = ground.voxel_mm[1]
    near = ground.lung & (ground.pleura < 3.0 + pixel) & (ground.right == right)
    near &= (ground.high > low) & (ground.high < high)
    on_rib = ground.costal < 4.0 + pixel
    wall = near & (~on_rib if zone == "base" and random.random() < 0.5 else on_rib)
    candidates = np.flatnonzero(wall if wall.any() else near)
    if not len(candidates):
        raise ValueError(f"no pleura at the {zone} of this lung")
    place: Flat = ground.points[candidates[random.integers(len(candidates))]]
    return place


def lump(ground: Ground, site: Flat, radius_mm: float, ragged: float, seed: Seed) -> Flat:
    """Depth in mm below the surface of a lumpy ball in one lung, negative outside."""
    distance = np.linalg.norm(ground.points - site, axis=1)
    score = np.full(len(distance), -1e3, np.float32)
    # The other lung is never as near as it looks: the mediastinum lies between.
    own = ground.right == ground.right[distance.argmin()]
    near = own & (distance < radius_mm * (1 + 3 * ragged))
    wobble = ground.noise(1.2 * radius_mm, (*seed, 1), ground.points[near])
    wobble += 0.5 * ground.noise(0.5 * radius_mm, (*seed, 2), ground.points[near])
    score[near] = radius_mm * (1.0 + ragged * 0.5 * wobble) - distance[near]
    return score


def settle(
    ground: Ground, wanted: Wanted, seed: Seed, free: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], Flat]:
    """The region (inside the lungs and `free`) and the share 0..1 of the pattern in each voxel of the ground.

    Raises:
        ValueError: more is wanted than is free.
    """
    score, fade = STYLED[wanted.pattern, wanted.style](ground, seed)
    open_to = ground.lung & free
    level = np.float32(0.0)
    if wanted.percent is not None:
        count = round(wanted.percent / 100.0 * ground.lung_voxels)
        values = score[open_to]
        if not 0 < count < len(values):
            raise ValueError(f"{wanted.percent:g} % {wanted.pattern} do not fit")
        level = np.partition(values, len(values) - count)[len(values) - count]
    region = open_to & (score >= level)
    share = np.clip(0.5 + (score - level) / np.float32(fade), 0.0, 1.0).astype(np.float32)
    share[~free] = 0.0
    return region, share
