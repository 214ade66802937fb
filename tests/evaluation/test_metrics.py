"""Numbers of agreement against masks worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quant.evaluation import metrics, score
from quant.evaluation.report import document, markdown, text
from quant.evaluation.targets import TARGETS, Seen, rows

VOXEL = (2.0, 1.0, 1.0)


def box(*cut: slice) -> np.ndarray:
    mask = np.zeros((10, 20, 20), bool)
    mask[cut] = True
    return mask


def test_dice_of_boxes() -> None:
    a, b = box(slice(0, 4), slice(0, 10), slice(0, 10)), box(slice(2, 6), slice(0, 10), slice(0, 10))
    assert metrics.dice(a, b) == pytest.approx(0.5)
    assert metrics.dice(a, a) == 1.0
    assert metrics.dice(a, ~a) == 0.0
    assert metrics.dice(a & ~a, a & ~a) is None


def test_share_inside() -> None:
    part, whole = box(slice(0, 4), slice(0, 10), slice(0, 10)), box(slice(3, 10))
    assert metrics.inside(part, whole) == pytest.approx(0.25)
    assert metrics.inside(part & ~part, whole) is None


def test_volume_beyond_the_border() -> None:
    truth = box(slice(0, 10), slice(0, 20), slice(0, 10))
    # Columns 10 to 15 are added: those 4 to 6 mm away count, 10 slices x 20 rows x 3 columns x 2 mm3.
    found = box(slice(0, 10), slice(0, 20), slice(0, 16))
    assert metrics.beyond_ml(found, truth, 3.0, VOXEL) == pytest.approx(1.2)
    assert metrics.beyond_ml(truth, truth, 3.0, VOXEL) == 0.0


def test_percent_counts_on_the_lungs_only() -> None:
    lungs = box(slice(0, 10), slice(0, 10), slice(0, 10))
    labels = np.zeros(lungs.shape, np.uint8)
    labels[0] = 1
    labels[1, :5] = 3
    assert metrics.percent(labels, (1,), lungs) == pytest.approx(10.0)
    assert metrics.percent(labels, (1, 3), lungs) == pytest.approx(15.0)
    assert metrics.percent(labels, (1,), lungs & ~lungs) is None


def test_change_is_later_less_before() -> None:
    lungs = box(slice(0, 10))
    before, after = np.zeros(lungs.shape, np.uint8), np.zeros(lungs.shape, np.uint8)
    before[0], after[:3], after[9] = 1, 3, 5
    assert score.change(lungs, before, lungs, after) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("values", "take", "verdict"),
    [((0.995, 0.98, 0.99), 0.99, "aim"), ((0.985, 0.98), 0.9825, "must"), ((0.97, 0.96, 0.99), 0.97, "MISS")],
)
def test_the_median_decides_on_lung_dice(values: tuple[float, ...], take: float, verdict: str) -> None:
    (row,) = rows([Seen("lung_dice_median", f"scan {i}", "clean", value) for i, value in enumerate(values)])
    assert row.value == pytest.approx(take)
    assert row.verdict == verdict
    assert row.worst == min(values)
    assert row.count == len(values)


def test_the_worst_decides_on_what_is_added() -> None:
    (row,) = rows([Seen("outside_ml", "a", "clean", 4.0), Seen("outside_ml", "b", "clean", 31.0)])
    assert (row.value, row.verdict, row.worst_at) == (31.0, "MISS", "b, clean")


def test_the_mean_decides_on_extents_and_a_bound_is_met_on_it() -> None:
    (row,) = rows([Seen("ild_error", "a", "x", 1.0), Seen("ild_error", "a", "y", 5.0)])
    assert (row.value, row.verdict, row.worst) == (3.0, "must", 5.0)


def test_rows_that_only_inform_have_no_verdict() -> None:
    (row,) = rows([Seen("lung_dice_diseased", "a", "x", 0.5)])
    assert row.verdict == ""


def test_every_row_reaches_every_form() -> None:
    seen = [Seen(target.key, "scan", "case", 0.5) for target in TARGETS]
    table = rows(seen)
    assert len(table) == len(TARGETS)
    assert len(text(table).splitlines()) == len(TARGETS) + 1
    assert len(markdown(table).splitlines()) == len(TARGETS) + 2
    told = document(table, seen, {"seed": 50})
    assert [row["key"] for row in told["rows"]] == [target.key for target in TARGETS]
    assert told["seed"] == 50
