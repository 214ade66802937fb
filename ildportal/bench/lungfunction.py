"""Reference values of 100,000 sessions, six measures each, beside the library the equations come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ildportal.bench.line import Line, best

ROWS, PEER_ROWS = 100_000, 5_000
METRICS = ["percent", "zscore", "lln", "uln"]


def lines() -> Iterator[Line]:
    from patients.lungfunction.reference import reference_frame

    frame = sessions(ROWS)
    fvc = frame[["sex", "age_years", "height_cm", "fvc_l"]]
    theirs = best(lambda: _peer(frame.head(PEER_ROWS)), 2) / PEER_ROWS * ROWS
    peer = f"pyspiro compute, {PEER_ROWS} rows scaled"
    yield Line(f"references of FVC, {ROWS} sessions", best(lambda: reference_frame(fvc), 2), peer, theirs)
    yield Line(f"references of six measures, {ROWS} sessions", best(lambda: reference_frame(frame), 2))


def sessions(rows: int) -> Any:
    """Seeded sessions of adults, as `reference_frame` takes them."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "sex": draw.choice(["F", "M"], rows),
            "age_years": draw.uniform(18, 84, rows),
            "height_cm": draw.uniform(145, 195, rows),
            "fvc_l": draw.uniform(1.5, 5, rows),
            "fev1_l": draw.uniform(1, 4, rows),
            "dlco_mmol_min_kpa": draw.uniform(2, 10, rows),
            "kco_mmol_min_kpa_l": draw.uniform(0.8, 2, rows),
            "va_l": draw.uniform(2, 7, rows),
            "tlc_l": draw.uniform(3, 8, rows),
        }
    )


def _peer(frame: Any) -> Any:
    import pyspiro

    table = frame.assign(sex=(frame["sex"] == "M").astype(int))
    columns = {"sex_col": "sex", "age_col": "age_years", "height_col": "height_cm", "value_col": "fvc_l"}
    equations = pyspiro.BOWERMAN_2022()
    return equations.compute(table, equations.Parameters.FVC.value, metrics=METRICS, **columns)
