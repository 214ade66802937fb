"""Reference values of 100,000 sessions, six measures each, beside pyspiro, whose tables the equations come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ildportal.bench.line import Line, best

if TYPE_CHECKING:
    import pandas as pd

ROWS = 100_000
# Column of ours, then class and parameter of pyspiro.
MEASURES = {
    "fvc_l": ("BOWERMAN_2022", "FVC"),
    "fev1_l": ("BOWERMAN_2022", "FEV1"),
    "dlco_mmol_min_kpa": ("GLI_2017", "TLCO"),
    "kco_mmol_min_kpa_l": ("GLI_2017", "KCO_SI"),
    "tlc_l": ("GLI_2021", "TLC"),
    "rv_l": ("GLI_2021", "RV"),
}


def lines() -> Iterator[Line]:
    from patients.lungfunction.reference import reference_frame

    frame = sessions(ROWS)
    for work in (reference_frame, _peer):
        work(frame.head(10))  # imports and tables are loaded once, not for each session
    ours, theirs = best(lambda: reference_frame(frame)), best(lambda: _peer(frame))
    yield Line(f"reference values, {ROWS} sessions x {len(MEASURES)}", ours, "pyspiro compute", theirs)


def sessions(rows: int) -> pd.DataFrame:
    """Seeded sessions of adults, as `reference_frame` takes them."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(1)
    people = {
        "sex": draw.choice(["F", "M"], rows),
        "age_years": draw.uniform(18, 79, rows),
        "height_cm": draw.uniform(145, 195, rows),
    }
    return pd.DataFrame(people | {column: draw.uniform(1, 6, rows) for column in MEASURES})


def _peer(frame: pd.DataFrame) -> None:
    import pyspiro

    table = frame.assign(sex=(frame["sex"] == "M").astype(int))
    for column, (name, parameter) in MEASURES.items():
        equations = getattr(pyspiro, name)()
        kind = equations.Parameters[parameter].value
        equations.compute(table, kind, age_col="age_years", height_col="height_cm", value_col=column)
