"""Agreement of two sets of scores: errors, kappa, ICC, Bland-Altman, paired tests. The one home of these statistics.

Plain functions of arrays. What cannot be computed is None with its reason, never NaN and never a made-up 0 or 1. All
limits are of 95 % and take the pairs as independent of each other.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]
STEP = 5.0
TAIL = 0.975
# Limits of agreement are defined with this rounded number.
LIMITS_SD = 1.96
# Differences that are equal on paper differ by rounding of binary fractions, which would undo ties.
SAME = 1e-9
MOST_EXACT = 49
FEW = "fewer than two pairs"
EQUAL = "both agree in every pair"
SHIFT = "every pair differs by the same amount"
ONE_VALUE = "every score is the same: nothing to tell apart"


class _Result:
    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON: numbers, None and words."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


@dataclass(frozen=True, slots=True)
class Errors(_Result):
    """Second less first: mean of the absolute error, and SD of the error (n - 1), in the unit of the scores."""

    n: int
    mae: float | None = None
    sd: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Coefficient(_Result):
    """A kappa or an ICC with its 95 % limits, which may lack where the value does not."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BlandAltman(_Result):
    """Second less first: mean (`bias`), SD, limits of agreement, in the unit of the scores; 95 % limits of each."""

    n: int
    bias: float | None = None
    bias_low: float | None = None
    bias_high: float | None = None
    sd: float | None = None
    lower: float | None = None
    lower_low: float | None = None
    lower_high: float | None = None
    upper: float | None = None
    upper_low: float | None = None
    upper_high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PairedT(_Result):
    """Student's t of the differences, `df` degrees of freedom, two-sided p."""

    n: int
    t: float | None = None
    df: int | None = None
    p: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Wilcoxon(_Result):
    """Signed ranks of the `nonzero` differences: sum of the positive ranks, two-sided p, "exact" or "normal"."""

    n: int
    nonzero: int
    rank_sum: float | None = None
    p: float | None = None
    method: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement(_Result):
    """Everything of one set of pairs."""

    n: int
    errors: Errors
    kappa: Coefficient
    icc: Coefficient
    bland_altman: BlandAltman
    paired_t: PairedT
    wilcoxon: Wilcoxon


def compare(first: npt.ArrayLike, second: npt.ArrayLike) -> Agreement:
    """All statistics of pairs (n) of percents; errors are second less first.

    Raises:
        ValueError: not two finite arrays (n) of one length.
    """
    a, b = _pair(first, second)
    both = np.stack((a, b), axis=1)
    return Agreement(
        len(a), errors(a, b), kappa(a, b), icc(both), bland_altman(a, b), paired_t(a, b), wilcoxon(a, b)
    )  # fmt: skip


def errors(first: npt.ArrayLike, second: npt.ArrayLike) -> Errors:
    """MAE and SD of pairs (n).

    >>> errors([0, 10, 20], [5, 10, 10]).mae
    5.0
    """
    a, b = _pair(first, second)
    if len(a) == 0:
        return Errors(0, reason="no pairs")
    mae = float(np.abs(b - a).mean())
    return Errors(1, mae, reason=FEW) if len(a) == 1 else Errors(len(a), mae, float((b - a).std(ddof=1)))


def kappa(first: npt.ArrayLike, second: npt.ArrayLike, step: float = STEP) -> Coefficient:
    """Linear-weighted Cohen kappa (Cohen 1968) of pairs (n), each rounded to steps (half a step goes up).

    Limits by the large-sample variance of Fleiss, Cohen and Everitt (1969).

    >>> kappa([0, 10, 20], [0, 10, 20]).value
    1.0
    """
    a, b = (np.floor(values / step + 0.5).astype(np.int64) for values in _pair(first, second))
    n = len(a)
    if n < 2:
        return Coefficient(n, reason=FEW)
    start = min(a.min(), b.min())
    size = int(max(a.max(), b.max()) - start) + 1
    if size == 1:
        return Coefficient(n, reason=ONE_VALUE)
    share = np.bincount((a - start) * size + (b - start), minlength=size * size).reshape(size, size) / n
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    weight = 1.0 - apart / (size - 1)
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    chance = float(rows @ weight @ columns)
    value = 1.0 - float((share * apart).sum()) / float(rows @ apart @ columns)
    if value == 1.0:
        return Coefficient(n, value, reason=EQUAL + ", which leaves no limits")
    mean = (weight @ columns)[:, None] + (rows @ weight)[None]
    spread = float((share * (weight - mean * (1.0 - value)) ** 2).sum()) - (value - chance * (1.0 - value)) ** 2
    half = float(stats.norm.ppf(TAIL)) * math.sqrt(max(spread, 0.0) / n) / (1.0 - chance)
    if half <= SAME:
        return Coefficient(n, value, reason="one of both never varies, which leaves no limits")
    return Coefficient(n, value, max(value - half, -1.0), min(value + half, 1.0))


def icc(ratings: npt.ArrayLike) -> Coefficient:
    """ICC(A,1): two-way, absolute agreement, one rater (McGraw and Wong 1996), of ratings (n, k), with its limits.

    Raises:
        ValueError: not a finite array (n, k) with k of two or more.
    """
    x = np.asarray(ratings, np.float64)
    if x.ndim != 2 or x.shape[1] < 2 or not np.isfinite(x).all():
        raise ValueError("ratings must be a finite array (n, k) of two raters or more")
    n, k = x.shape
    if n < 2:
        return Coefficient(n, reason=FEW)
    if np.ptp(x) <= SAME:
        return Coefficient(n, reason=ONE_VALUE)
    by_row, by_rater = x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
    rows = k * float(((by_row - x.mean()) ** 2).sum()) / (n - 1)
    raters = n * float(((by_rater - x.mean()) ** 2).sum()) / (k - 1)
    rest = float(((x - by_row - by_rater + x.mean()) ** 2).sum()) / ((n - 1) * (k - 1))
    if rows <= SAME and rest <= SAME:
        return Coefficient(n, reason="the slices do not differ: nothing to tell apart")
    total = rows + (k - 1) * rest + k * (raters - rest) / n
    if total <= SAME:
        return Coefficient(n, reason="no variance but that within the pairs")
    value = (rows - rest) / total
    if raters <= SAME and rest <= SAME:
        return Coefficient(n, 1.0, reason=EQUAL + ", which leaves no limits")
    return _with_limits(value, rows, raters, rest, n, k)


def _with_limits(value: float, rows: float, raters: float, rest: float, n: int, k: int) -> Coefficient:
    """McGraw and Wong 1996, table 7, case 2A, from the mean squares."""
    a = k * value / (n * (1.0 - value))
    b = 1.0 + k * value * (n - 1) / (n * (1.0 - value))
    free = (a * raters + b * rest) ** 2 / ((a * raters) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1)))
    below, above = float(stats.f.ppf(TAIL, n - 1, free)), float(stats.f.ppf(TAIL, free, n - 1))
    within = k * raters + (k * n - k - n) * rest
    if not (math.isfinite(below) and math.isfinite(above)):
        return Coefficient(n, value, reason="too few pairs for limits")
    low = n * (rows - below * rest) / (below * within + n * rows)
    high = n * (above * rows - rest) / (within + n * above * rows)
    return Coefficient(n, value, low, high)


def bland_altman(first: npt.ArrayLike, second: npt.ArrayLike) -> BlandAltman:
    """Bias and limits of agreement (bias -+ 1.96 SD) of pairs (n); their limits after Bland and Altman 1999, by t."""
    a, b = _pair(first, second)
    n, off = len(a), b - a
    if n < 2:
        return BlandAltman(n, reason=FEW)
    bias, sd = float(off.mean()), float(off.std(ddof=1))
    if sd <= SAME:
        return BlandAltman(n, bias, sd=0.0, lower=bias, upper=bias, reason=_constant(bias) + ", which leaves no limits")
    t = float(stats.t.ppf(TAIL, n - 1))
    of_bias = t * sd / math.sqrt(n)
    of_limit = t * sd * math.sqrt(1 / n + LIMITS_SD**2 / (2 * (n - 1)))
    lower, upper = bias - LIMITS_SD * sd, bias + LIMITS_SD * sd
    return BlandAltman(
        n, bias, bias - of_bias, bias + of_bias, sd,
        lower, lower - of_limit, lower + of_limit, upper, upper - of_limit, upper + of_limit,
    )  # fmt: skip


def paired_t(first: npt.ArrayLike, second: npt.ArrayLike) -> PairedT:
    """Whether the mean of second less first, pairs (n), is 0."""
    a, b = _pair(first, second)
    n, off = len(a), b - a
    if n < 2:
        return PairedT(n, reason=FEW)
    if np.ptp(off) <= SAME:
        return PairedT(n, reason=_constant(float(off.mean())))
    found = stats.ttest_rel(b, a)
    return PairedT(n, float(found.statistic), n - 1, float(found.pvalue))


def wilcoxon(first: npt.ArrayLike, second: npt.ArrayLike) -> Wilcoxon:
    """Wilcoxon signed ranks of second less first, pairs (n), differences of 0 left out.

    Exact without ties, zeros and many pairs; else by the normal law with its correction, as R's `wilcox.test`.
    """
    a, b = _pair(first, second)
    n, off = len(a), np.round((b - a) / SAME) * SAME
    off = off[off != 0.0]
    if n < 2:
        return Wilcoxon(n, len(off), reason=FEW)
    if len(off) == 0:
        return Wilcoxon(n, 0, reason=EQUAL)
    size = np.round(np.abs(off) / SAME)
    exact = len(off) == n and n <= MOST_EXACT and len(np.unique(size)) == n
    signed = size * np.sign(off)
    found = (
        stats.wilcoxon(signed, method="exact") if exact else stats.wilcoxon(signed, correction=True, method="approx")
    )
    positive = float(stats.rankdata(size)[off > 0].sum())
    return Wilcoxon(n, len(off), positive, float(found.pvalue), "exact" if exact else "normal")


def _constant(bias: float) -> str:
    return EQUAL if abs(bias) <= SAME else SHIFT


def _pair(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Values, Values]:
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"two arrays of one length are needed, not {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("scores must be finite numbers")
    return a, b
