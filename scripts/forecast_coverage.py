"""Measures what the forecast intervals of FVC are worth: the tables of docs/trajectory.md.

    python -m scripts.forecast_coverage [--cohorts 20] [--patients 120] [--shape linear ...] [--json]
    python -m scripts.forecast_coverage --demo
    python -m scripts.forecast_coverage --csv FILE

Without an option the simulated shapes; `--demo` the demo cohort; a CSV is a trial with the columns id, time (years)
and fvc (mL). Nothing is written but to the screen, and no database is needed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patients.trajectory.cohort import Method
from patients.trajectory.coverage import Coverage, coverage
from patients.trajectory.forecast import LEVELS
from patients.trajectory.shapes import FIRST_DAY, SHAPES, cohort
from patients.trajectory.visits import DAYS_PER_YEAR, Options

if TYPE_CHECKING:
    import pandas as pd

# Only distances to this day enter the demo cohort.
DEMO_UNTIL = dt.date(2026, 1, 1)
COVERED = ("80 %", "range", "95 %", "range")
HEADING = ("courses", "method", "design", "n", *COVERED, "bias", "error", "width 80")


def main(arguments: list[str]) -> int:
    chosen = _arguments(arguments)
    first = True
    for name, frames, months in _sources(chosen):
        for method in chosen.method or list(Method):
            how = {"months": months, "method": Method(method), "design": chosen.design}
            row = _row(name, [coverage(frame, "fvc", Options(least_visits=chosen.least), **how) for frame in frames])
            print(json.dumps(row) if chosen.json else _line(row, first=first), flush=True)
            first = False
    return 0


def trial(file: Path) -> pd.DataFrame:
    """A trial's table in the columns of the package; years become days from a made-up first day."""
    import pandas as pd

    table = pd.read_csv(file)
    days = (table["time"] * DAYS_PER_YEAR).round().astype(int)
    dates = [FIRST_DAY + dt.timedelta(days=day) for day in days.tolist()]
    return pd.DataFrame({"patient": table["id"], "date": dates, "fvc_l": table["fvc"] / 1000})


def demo() -> pd.DataFrame:
    """The sessions of the demo cohort."""
    import pandas as pd

    from ildportal.demo.cohort import generate

    columns = ("date", "fvc_l", "quality_fvc", "bronchodilator")
    rows = [
        {"patient": record.person.code} | {name: pft.values[name] for name in columns}
        for record in generate(DEMO_UNTIL)
        for pft in record.pfts
    ]
    return pd.DataFrame(rows)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Coverage of the forecast intervals, last visits hidden.")
    parser.add_argument("--cohorts", type=int, default=20, help="simulated cohorts a shape")
    parser.add_argument("--seed", type=int, default=0, help="of the first cohort; the others follow")
    parser.add_argument("--patients", type=int, default=120)
    parser.add_argument("--every", type=float, default=0.5, help="years between visits")
    parser.add_argument("--shape", nargs="*", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--method", nargs="*", choices=[str(method) for method in Method])
    parser.add_argument("--design", default="together", choices=["together", "apart"])
    parser.add_argument("--demo", action="store_true", help="the demo cohort")
    parser.add_argument("--csv", type=Path, help="a trial's file")
    parser.add_argument("--months", type=float, default=12)
    parser.add_argument("--least", type=int, default=3, help="visits that a forecast needs")
    parser.add_argument("--json", action="store_true", help="one object a line instead of a table")
    return parser.parse_args(arguments)


def _sources(chosen: argparse.Namespace) -> Iterator[tuple[str, list[pd.DataFrame], float]]:
    if chosen.csv:
        yield chosen.csv.name, [trial(chosen.csv)], chosen.months
        return
    if chosen.demo:
        yield "demo cohort", [demo()], chosen.months
        return
    seeds = range(chosen.seed, chosen.seed + chosen.cohorts)
    for shape in chosen.shape:
        made = [cohort(shape, chosen.patients, seed, every_years=chosen.every) for seed in seeds]
        yield shape, made, chosen.months


def _row(name: str, found: list[Coverage]) -> dict[str, Any]:
    """All cohorts of a kind taken together, each patient weighing the same.

    The range is of the single cohorts, lowest and highest; of one cohort it is Wilson's 95 % interval.
    """
    counts = np.array([one.n for one in found])

    def mean(values: list[float]) -> float:
        return float(np.average(values, weights=counts))

    made = found[0]
    row: dict[str, Any] = {"courses": name, "method": made.method, "design": made.design, "n": int(counts.sum())}
    for level in LEVELS:
        single = [one.at(level) for one in found]
        shares = [share.covered for share in single]
        limits = [min(shares), max(shares)] if len(single) > 1 else [single[0].low, single[0].high]
        row |= {f"{level:.0%}": mean(shares), f"range {level:.0%}": limits}
    row |= {"bias": mean([one.bias for one in found]), "error": mean([one.mean_error for one in found])}
    return row | {"width": mean([one.at(LEVELS[0]).mean_width for one in found])}


def _line(row: dict[str, Any], *, first: bool) -> str:
    cells = [row["courses"], row["method"], row["design"], str(row["n"])]
    for level in LEVELS:
        low, high = row[f"range {level:.0%}"]
        cells += [f"{row[f'{level:.0%}']:.3f}", f"{low:.2f} to {high:.2f}"]
    cells += [f"{row['bias']:+.0f}", f"{row['error']:.0f}", f"{row['width']:.0f}"]
    head = f"| {' | '.join(HEADING)} |\n|{'---|' * len(HEADING)}\n" if first else ""
    return f"{head}| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
