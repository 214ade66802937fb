"""How long the reference values of many sessions take, beside pyspiro in the same run.

    .venv/bin/python -m scripts.bench_lungfunction [ROWS]

Prints the seconds of one core, a line each: our table, pyspiro's own (`compute`), pyspiro row by row (fewer rows).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from patients.lungfunction.reference import reference_frame

ROWS = 100_000
ONE_AT_A_TIME = 2_000
# Column of ours, then class and parameter of pyspiro.
MEASURES = {
    "fvc_l": ("BOWERMAN_2022", "FVC"),
    "fev1_l": ("BOWERMAN_2022", "FEV1"),
    "dlco_mmol_min_kpa": ("GLI_2017", "TLCO"),
    "kco_mmol_min_kpa_l": ("GLI_2017", "KCO_SI"),
    "tlc_l": ("GLI_2021", "TLC"),
    "rv_l": ("GLI_2021", "RV"),
}


def sessions(rows: int) -> pd.DataFrame:
    """Invented sessions of adults, six measures each."""
    random = np.random.default_rng(1)
    people = {
        "sex": random.choice(["F", "M"], rows),
        "age_years": random.uniform(18, 79, rows),
        "height_cm": random.uniform(145, 195, rows),
    }
    return pd.DataFrame(people | {column: random.uniform(1, 6, rows) for column in MEASURES})


def library(frame: pd.DataFrame, *, one_at_a_time: bool) -> None:
    import pyspiro

    table = frame.assign(sex=(frame["sex"] == "M").astype(int))
    for column, (name, parameter) in MEASURES.items():
        equations = getattr(pyspiro, name)()
        kind = equations.Parameters[parameter].value
        if one_at_a_time:
            for sex, age, height, value in table[["sex", "age_years", "height_cm", column]].itertuples(index=False):
                equations.all(sex, age, height, kind, value)
        else:
            equations.compute(table, kind, age_col="age_years", height_col="height_cm", value_col=column)


def timed(name: str, frame: pd.DataFrame, work: Callable[[pd.DataFrame], object]) -> None:
    work(frame.head(10))  # imports and reference tables are loaded once, not for each session
    start = time.process_time()
    work(frame)
    seconds, rows = time.process_time() - start, len(frame)
    print(f"{name:28} {rows:8,} rows x {len(MEASURES)} measures {seconds:7.2f} s {rows / seconds:12,.0f} rows/s")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    frame = sessions(rows)
    timed("ILD Portal, table", frame, reference_frame)
    timed("pyspiro, table", frame, partial(library, one_at_a_time=False))
    timed("pyspiro, one row at a time", frame.head(ONE_AT_A_TIME), partial(library, one_at_a_time=True))


if __name__ == "__main__":
    main()
