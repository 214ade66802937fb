"""max(GG, RET) <= TOT <= GG + RET, all within 0..1, and what obeys already stays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quant.goh.constraint import consistent

SHARE = st.floats(-1.0, 2.0)


@given(st.tuples(SHARE, SHARE, SHARE))
def test_every_triple_comes_into_line(shares: tuple[float, float, float]) -> None:
    tot, gg, ret = consistent(shares).tolist()
    assert min(tot, gg, ret) >= 0.0
    assert max(tot, gg, ret) <= 1.0
    assert max(gg, ret) <= tot + 1e-12
    assert tot <= gg + ret + 1e-12


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_in_line_stays(gg: float, ret: float, part: float) -> None:
    low, high = max(gg, ret), min(1.0, gg + ret)
    triple = (low + part * (high - low), gg, ret)
    np.testing.assert_allclose(consistent(triple), triple, atol=1e-12)
