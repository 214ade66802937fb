"""A patch changed in place gives what the whole slice made anew gives."""

from __future__ import annotations

import numpy as np
import pytest

from quant.goh.patched import Patched
from quant.goh.slices import square

SIZE = 96


@pytest.mark.parametrize("pixel_mm", [(0.6, 0.6), (0.9, 0.7)])
@pytest.mark.parametrize("where", [(slice(100, 150), slice(120, 180)), (slice(0, 60), slice(0, 80))])
def test_only_what_the_patch_reaches_is_redone(pixel_mm: tuple[float, float], where: tuple[slice, slice]) -> None:
    rng = np.random.default_rng(5)
    y, x = np.ogrid[:260, :300]
    lung = ((y - 120) / 110) ** 2 + ((x - 150) / 140) ** 2 < 1
    hu = np.where(lung, rng.normal(-850, 60, lung.shape), 40).astype(np.float32)
    patch = hu[where] + np.float32(200) * rng.random(hu[where].shape, np.float32)
    whole = hu.copy()
    whole[where] = patch
    slices = Patched(hu, lung, pixel_mm, SIZE)
    found, wanted = slices.changed(where, patch), square(whole, lung, pixel_mm, SIZE)
    # In the plane of spread a difference of two sums that are nearly alike is a root away from rounding.
    np.testing.assert_allclose(found.image[[0, 2, 3]], wanted.image[[0, 2, 3]], atol=2e-5)
    np.testing.assert_allclose(found.image[1], wanted.image[1], atol=5e-3)
    np.testing.assert_array_equal(found.lung, wanted.lung)
    assert np.abs(found.image - slices.base.image).max() > 0.05
