"""What a scanner does to what it sees, measured on the scan itself: blur in the plane, slice profile, noise.

Disease that is drawn sharper or smoother than the lung around it could be found by that alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from quant.engine.arrays import Hu, Image, Spacing

PATCH = 24
SOFT_HU, MOST_SD_HU, LEAST_PATCHES = (-20.0, 160.0), 60.0, 12
PLAIN_SIGMA_MM, PLAIN_NOISE_HU = 0.55, 15.0
SKIN_HU, OUTSIDE_HU, EDGE_MM, EDGES = -300.0, -900.0, 8.0, 50
SHARPEST_PERCENT = 25.0
Spectrum = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grain:
    """`blur_mm`: SD of the point spread in the plane. `noise_hu`: SD of the noise; `spectrum` its amplitude per
    frequency on a patch of the plane (SD 1); `along_z`: its correlation between neighbouring slices."""

    blur_mm: float
    noise_hu: float
    spectrum: Spectrum
    along_z: float

    def noise(self, shape: tuple[int, int, int], random: np.random.Generator) -> Image:
        """Noise of this scan on a grid (z, y, x), SD `noise_hu`."""
        planes = np.stack([self._plane(shape[1:], random) for _ in range(shape[0])])
        for z in range(1, shape[0]):
            planes[z] = self.along_z * planes[z - 1] + np.sqrt(1.0 - self.along_z**2) * planes[z]
        return planes * np.float32(self.noise_hu)

    def _plane(self, shape: tuple[int, ...], random: np.random.Generator) -> Image:
        rows, columns = fft.fftfreq(shape[0]), fft.rfftfreq(shape[1])
        middle = fft.fftshift(self.spectrum)
        places = [rows[:, None] * PATCH + PATCH // 2, columns[None] * PATCH + PATCH // 2]
        amplitude = ndimage.map_coordinates(middle, np.broadcast_arrays(*places), order=1, mode="nearest")
        white = fft.rfft2(random.standard_normal(shape))
        plane = fft.irfft2(white * amplitude, s=shape)
        found: Image = (plane / max(float(plane.std()), 1e-6)).astype(np.float32)
        return found


def measure(hu: Hu, voxel_mm: Spacing) -> Grain:
    """The grain of a scan; a plain one where the scan holds no even tissue or no skin to read it from."""
    patches, pairs = _even_patches(hu)
    blur = _blur(hu, voxel_mm)
    if len(patches) < LEAST_PATCHES:
        plain = np.exp(-((_frequency() * 2 * np.pi * blur / voxel_mm[1]) ** 2) / 2)
        return Grain(blur, PLAIN_NOISE_HU, plain, 0.0)
    power = np.mean([np.abs(fft.fft2(patch)) ** 2 for patch in patches], axis=0)
    power[0, 0] = 0.0
    noise = float(np.sqrt(np.mean([patch.var() for patch in patches])))
    along = float(np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs])) if pairs else 0.0
    return Grain(blur, noise, np.sqrt(power), float(np.clip(along, 0.0, 0.95)))


def _frequency() -> Spectrum:
    rows = fft.fftfreq(PATCH)
    radius: Spectrum = np.hypot(rows[:, None], rows[None])
    return radius


def _even_patches(hu: Hu) -> tuple[list[Spectrum], list[tuple[Spectrum, Spectrum]]]:
    """The evenest tenth of the patches of soft tissue, flattened, and those whose slice above is even as well."""
    found = []
    for z in range(0, hu.shape[0] - 1, max(1, hu.shape[0] // 60)):
        for y in range(0, hu.shape[1] - PATCH, PATCH):
            for x in range(0, hu.shape[2] - PATCH, PATCH):
                cut = hu[z, y : y + PATCH, x : x + PATCH]
                if SOFT_HU[0] < cut.mean() < SOFT_HU[1] and (spread := float(cut.std())) < MOST_SD_HU:
                    found.append((spread, z, y, x))
    found = sorted(found)[: max(LEAST_PATCHES, len(found) // 10)]
    patches, pairs = [], []
    for _, z, y, x in found:
        here, above = (_flat(hu[s, y : y + PATCH, x : x + PATCH]) for s in (z, z + 1))
        patches.append(here)
        if above.std() < 1.3 * here.std():
            pairs.append((here, above))
    return patches, pairs


def _flat(patch: npt.NDArray[np.int16]) -> Spectrum:
    """Without its mean and slope."""
    y, x = np.mgrid[: patch.shape[0], : patch.shape[1]]
    basis = np.stack([np.ones(patch.size), y.ravel(), x.ravel()], axis=1)
    values = patch.astype(np.float64).ravel()
    fitted = basis @ np.linalg.lstsq(basis, values, rcond=None)[0]
    flat: Spectrum = (values - fitted).reshape(patch.shape)
    return flat


def _blur(hu: Hu, voxel_mm: Spacing) -> float:
    """SD of the edge between air and skin in front, where the skin lies square to the columns."""
    reach = int(EDGE_MM / voxel_mm[1])
    widths = []
    for z in range(hu.shape[0] // 4, 3 * hu.shape[0] // 4, 4):
        plane = hu[z].astype(np.float32)
        first = (plane > SKIN_HU).argmax(axis=0)
        for x in np.flatnonzero((first > reach) & (first < hu.shape[1] - reach)):
            profile = plane[first[x] - reach : first[x] + reach, x]
            if profile[: reach // 2].max() < OUTSIDE_HU:
                widths.append(_width(profile) * voxel_mm[1])
    if len(widths) < EDGES:
        return PLAIN_SIGMA_MM
    return float(np.percentile(widths, SHARPEST_PERCENT))


def _width(profile: npt.NDArray[np.float32]) -> float:
    """SD in pixels of the steepest rise of a profile: height over slope, as for an error function."""
    slope = np.diff(profile)
    at = int(slope.argmax())
    low, high = profile[:at].mean() if at else profile[0], profile[at + 1 : at + 5].max()
    return float((high - low) / (np.sqrt(2 * np.pi) * max(float(slope[at]), 1.0)))
