"""What the scanner adds: the blur of the kernel and its noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from quant.training.phantom.grid import Grid
from quant.training.phantom.model import Scan
from quant.training.phantom.shapes import Field

# Frequency (per mm) at which each kernel passes half, and how much it lifts the middle frequencies.
HALF_PER_MM = {"soft": 0.30, "medium": 0.40, "sharp": 0.62}
LIFT = {"soft": 0.0, "medium": 0.08, "sharp": 0.45}
# Noise of a filtered back projection rises with the frequency; SD relative to the medium kernel.
NOISE = {"soft": 0.65, "medium": 1.0, "sharp": 2.4}
PAD_HU = -1000.0
# Noise falls from the middle of the body, where every ray is weak, to this share of it far outside.
QUIET, MIDDLE_MM = 0.55, 160.0
# Streaks begin where a row crosses this much water, mm; their length and height, mm, and strength.
FREE_MM, STREAK_MM, STREAK_HIGH_MM, STREAKS = 280.0, 60.0, 2.0, 1.6


class Scanner:
    """Blurs a slice and adds noise, reproducibly for each seed and slice."""

    def __init__(self, grid: Grid, scan: Scan, seed: int) -> None:
        rows, columns = grid.shape[1:]
        fy = fft.fftfreq(rows, grid.spacing_mm[1]).astype(np.float32)[:, None]
        fx = fft.rfftfreq(columns, grid.spacing_mm[0]).astype(np.float32)[None]
        f = np.hypot(fy, fx)
        half = HALF_PER_MM[scan.kernel]
        roll = np.exp(-np.log(2.0) * (f / half) ** 2)
        lift = 1.0 + LIFT[scan.kernel] * np.clip(f / half, 0, None) ** 2
        self._passes = (roll * lift).astype(np.float32)
        power = (np.sqrt(f + 0.02) * roll * lift).astype(np.float32)
        # Parseval: white noise of SD 1 through this filter has SD sqrt(mean of its square).
        full = np.concatenate([power, power[:, 1 : (columns + 1) // 2]], axis=1)
        self._noise = power / np.sqrt((full**2).mean()) * np.float32(NOISE[scan.kernel] * scan.noise_hu)
        self._seed = [seed, 70, round(1000 * scan.breath), rows]
        middle = np.exp(-(np.hypot(grid.y[:, None], grid.x[None]) ** 2) / MIDDLE_MM**2)
        self._where = (QUIET + (1.0 - QUIET) * middle).astype(np.float32)
        self._pixel_mm = grid.spacing_mm[0]
        self._streaks = _streak_filter(fy, fx, hu_sd=NOISE[scan.kernel] * scan.noise_hu) if scan.streaks else None

    def take(self, hu: Field, index: int) -> npt.NDArray[np.int16]:
        """The slice as reconstructed."""
        random = np.random.default_rng([*self._seed, index])
        white = fft.rfft2(random.standard_normal(hu.shape, np.float32))
        taken = fft.irfft2(fft.rfft2(hu - np.float32(PAD_HU)) * self._passes, s=hu.shape)
        taken += np.float32(PAD_HU)
        taken += fft.irfft2(white * self._noise, s=hu.shape) * self._where
        if self._streaks is not None:
            crossed = (np.clip(hu + 1000.0, 0.0, 2000.0).sum(axis=1) * self._pixel_mm / 1000.0)[:, None]
            taken += fft.irfft2(white * self._streaks, s=hu.shape) * np.clip((crossed - FREE_MM) / FREE_MM, 0.0, 1.0)
        return np.clip(np.rint(taken), -1024, 3000).astype(np.int16)


def _streak_filter(fy: Field, fx: Field, hu_sd: float) -> Field:
    """Noise that is long from side to side, as where rays cross both shoulders."""
    shape = np.exp(-((fx * STREAK_MM) ** 2)) * np.exp(-((fy * STREAK_HIGH_MM) ** 2))
    scaled: Field = (shape / np.sqrt((shape**2).mean()) * STREAKS * hu_sd).astype(np.float32)
    return scaled
