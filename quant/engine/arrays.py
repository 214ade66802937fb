"""Names for the arrays that the stages hand on, all (z, y, x), index 0 at the feet, right and front."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Hu: TypeAlias = npt.NDArray[np.int16]
Image: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]
Labels: TypeAlias = npt.NDArray[np.uint8]
Doubt: TypeAlias = npt.NDArray[np.float64]
Affine: TypeAlias = npt.NDArray[np.float64]
Box: TypeAlias = tuple[slice, slice, slice]
Spacing: TypeAlias = tuple[float, float, float]

RIGHT, LEFT = 1, 2
