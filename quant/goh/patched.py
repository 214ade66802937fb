"""A slice on the network's grid, again and again with another patch of it changed: only what that reaches is redone."""

from __future__ import annotations

import numpy as np

from quant.engine.arrays import Image, Mask
from quant.goh import planes
from quant.goh.slices import Square, square

Window = tuple[slice, slice]


class Patched:
    """A slice (y, x) in HU, its lung, pixels of `pixel_mm` (y, x). Raises what `square` raises."""

    def __init__(self, hu: Image, lung: Mask, pixel_mm: tuple[float, float], size: int) -> None:
        self.base = square(hu, lung, pixel_mm, size)
        self._hu, self._lung, self._pixel_mm = hu, lung, pixel_mm
        self._fields = planes.fields(hu, lung, pixel_mm)
        self._sums = self.base.rows @ self._fields @ self.base.columns.T

    def changed(self, where: Window, patch: Image) -> Square:
        """The slice with the HU of a patch instead of its own."""
        near = planes.reach(self._pixel_mm)
        felt, asked = (self._grown(where, times, near) for times in (1, 2))
        hu = self._hu[asked].copy()
        hu[_within(where, asked)] = patch
        again = planes.fields(hu, self._lung[asked], self._pixel_mm)[(slice(None), *_within(felt, asked))]
        change = again - self._fields[(slice(None), *felt)]
        rows, columns = self.base.rows[:, felt[0]], self.base.columns[:, felt[1]]
        sums = (self._sums + rows @ change @ columns.T).astype(np.float32)
        image = planes.image(sums, self.base.lung)
        return Square(image, self.base.lung, self.base.mm, self.base.rows, self.base.columns)

    def _grown(self, where: Window, times: int, near: tuple[int, int]) -> Window:
        rows, columns = (
            slice(max(0, cut.start - times * n), min(count, cut.stop + times * n))
            for cut, n, count in zip(where, near, self._lung.shape, strict=True)
        )
        return rows, columns


def _within(inner: Window, outer: Window) -> Window:
    rows, columns = (slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
    return rows, columns
