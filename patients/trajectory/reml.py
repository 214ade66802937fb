"""A Gaussian model of repeated measurements, fitted by restricted maximum likelihood (REML). No Django here.

Patient i, visits at the times t: y = X beta + a + b t + w(t) + d(t) + e, where (a, b) are the patient's own intercept
and slope and e independent errors. Where wanted, w is a Brownian motion (`wander`: what is lost stays lost) and d an
integrated one (`drift`: the speed itself changes), both 0 at time 0. Without them it is the linear mixed model with
random intercept and slope (Laird and Ware, Biometrics 1982;38:963-74); with them the course may leave its line (Taylor,
Cumberland and Sy, JASA 1994;89:727-36; Diggle et al., Biostatistics 2015;16:522-36). The deviance is profiled over
beta and the residual variance; the covariance of (a, b) is held as its Cholesky factor in units of the residual SD
(Bates et al., J Stat Softw 2015;67:1-48), so that a variance of exactly 0 is a solution like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Factors below this share of the residual SD, over the usual length of a course, are as good as 0.
BOUNDARY = 1e-3
# Where the search begins: patients who differ much in level, and patients who hardly differ.
STARTS = ((8.0, 0.0, 1.0), (2.0, 0.0, 0.5))
PROCESS_START = 0.3


class TooFew(ValueError):
    """Not enough patients or visits to tell the variances apart; the text says how many there are."""


class Course(NamedTuple):
    """One patient: times in years, values, and a row of X for each visit."""

    times: Floats
    values: Floats
    fixed: Floats


class Process(NamedTuple):
    """A random departure from the line: its covariance at two times; its variance is per year to that power."""

    covariance: Callable[[Floats, Floats], Floats]
    power: int


def _drift(s: Floats, t: Floats) -> Floats:
    early, late = np.minimum(s, t), np.maximum(s, t)
    found: Floats = early**2 * (3 * late - early) / 6
    return found


PROCESSES = {"wander": Process(np.minimum, 1), "drift": Process(_drift, 3)}


@dataclass(frozen=True, slots=True)
class Fit:
    """What was estimated.

    `beta` with its covariance `beta_cov`; `random` the 2 x 2 covariance of intercept and slope; `processes` the
    variance of each departure; `residual` the variance of one measurement; `deviance` -2 log restricted likelihood.
    `boundary`: intercepts or slopes do not differ beyond noise, or go hand in hand (often: too few visits a patient).
    """

    beta: Floats
    beta_cov: Floats
    random: Floats
    processes: Mapping[str, float]
    residual: float
    deviance: float
    converged: bool
    boundary: bool
    patients: int
    visits: int

    def covariance(self, s: Floats, t: Floats) -> Floats:
        """(len(s), len(t)): between one patient's own course at the times s and t, errors of measurement apart."""
        found = _design(s) @ self.random @ _design(t).T
        for name, variance in self.processes.items():
            found = found + variance * PROCESSES[name].covariance(s[:, None], t[None, :])
        return found


class Prediction(NamedTuple):
    """Expected values, and the covariance of their errors."""

    mean: Floats
    cov: Floats


def fit(courses: Sequence[Course], processes: Sequence[str] = ()) -> Fit:
    """Estimates by REML; `processes` are names of PROCESSES.

    Raises:
        TooFew: fewer than 5 patients with two visits or more, or no more visits than the model has parameters.
    """
    _refuse_too_few(courses, 4 + len(processes))
    span = float(np.sqrt(np.mean(np.concatenate([course.times for course in courses]) ** 2)))
    stacked = _Stacked.of([course._replace(times=course.times / span) for course in courses], processes)
    theta, deviance, converged = stacked.least()
    residual, beta, beta_cov = stacked.profile(theta)
    factor = _factor(theta) / np.array([[1.0], [span]])
    return Fit(
        beta=beta,
        beta_cov=beta_cov,
        random=residual * factor @ factor.T,
        processes={
            name: float(residual * own**2 / span ** PROCESSES[name].power)
            for name, own in zip(processes, theta[3:], strict=True)
        },
        residual=residual,
        deviance=deviance,
        converged=converged,
        boundary=bool(min(abs(theta[0]), abs(theta[2])) < BOUNDARY),
        patients=len(courses),
        visits=sum(len(course.times) for course in courses),
    )


def line_of(fitted: Fit, course: Course, fixed: Floats) -> Prediction:
    """A patient's own (level at time 0, slope) by best linear unbiased prediction, departures apart.

    `fixed`: (2, p), the rows of X that belong to the two. The covariance is that of the prediction error, the
    uncertainty of beta included and that of the variances not (Henderson, Biometrics 1975;31:423-47).
    """
    with_past = fitted.random @ _design(course.times).T
    return _predict(fitted, course, fixed, with_past, fitted.random)


def values_at(fitted: Fit, course: Course, fixed: Floats, times: Floats) -> Prediction:
    """A patient's true values at `times` (years), with a row of X for each; a measurement adds `residual`.

    A course without visits is fine and gives the population.
    """
    return _predict(fitted, course, fixed, fitted.covariance(times, course.times), fitted.covariance(times, times))


def _predict(fitted: Fit, course: Course, fixed: Floats, with_past: Floats, with_self: Floats) -> Prediction:
    past = fitted.covariance(course.times, course.times) + fitted.residual * np.eye(len(course.times))
    gain = np.linalg.solve(past, with_past.T).T
    by_beta = fixed - gain @ course.fixed
    mean = fixed @ fitted.beta + gain @ (course.values - course.fixed @ fitted.beta)
    return Prediction(mean, with_self - gain @ with_past.T + by_beta @ fitted.beta_cov @ by_beta.T)


class _Stacked(NamedTuple):
    """All courses padded to the longest; a padded visit has a row of zeros and weighs nothing."""

    design: Floats
    sides: Floats
    kernels: Floats
    visits: int

    @classmethod
    def of(cls, courses: Sequence[Course], processes: Sequence[str]) -> _Stacked:
        longest, columns = max(len(course.times) for course in courses), courses[0].fixed.shape[1] + 1
        design, sides = (np.zeros((len(courses), longest, width)) for width in (2, columns))
        for i, course in enumerate(courses):
            n = len(course.times)
            design[i, :n] = _design(course.times)
            sides[i, :n] = np.column_stack([course.fixed, course.values])
        times = design[:, :, 1]  # padded: 0, where no departure has begun
        kernels = [PROCESSES[name].covariance(times[:, :, None], times[:, None, :]) for name in processes]
        shape = (len(kernels), len(courses), longest, longest)
        return cls(design, sides, np.reshape(kernels, shape), sum(len(course.times) for course in courses))

    def least(self) -> tuple[Floats, float, bool]:
        """The parameters with the least deviance, the deviance, and whether a search ended well there.

        No bound is set, the sign of a factor means nothing: at a bound of 0 the gradient vanishes, and a search by
        gradient stays there although the least deviance lies elsewhere.
        """
        from scipy.optimize import minimize

        starts = [np.array([*start, *[PROCESS_START] * len(self.kernels)]) for start in STARTS]
        found = [minimize(self.deviance, start, method="BFGS", options={"gtol": 1e-4}) for start in starts]
        best = min(found, key=lambda one: float(one.fun))
        # Precision ends the search before the gradient does in flat valleys; there both searches agree.
        agree = abs(float(found[0].fun - found[1].fun)) < 1e-3
        return np.asarray(best.x), float(best.fun), bool(best.success or agree)

    def deviance(self, theta: Floats) -> float:
        """-2 log restricted likelihood, profiled over beta and the residual variance."""
        r, log_det = self._whitened(theta)
        rank = len(r) - 1
        log_r = 2 * np.log(np.abs(np.diag(r)[:rank])).sum()
        spread = 2 * np.pi * r[rank, rank] ** 2 / (self.visits - rank)
        return float(log_det + log_r + (self.visits - rank) * (np.log(spread) + 1))

    def profile(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Residual variance, beta, covariance of beta at these parameters."""
        r, _ = self._whitened(theta)
        rank = len(r) - 1
        residual = float(r[rank, rank] ** 2 / (self.visits - rank))
        inverse = np.linalg.inv(r[:rank, :rank])
        return residual, inverse @ r[:rank, rank], residual * inverse @ inverse.T

    def _whitened(self, theta: Floats) -> tuple[Floats, float]:
        """R of the QR decomposition of the whitened [X y], and the log determinant of the covariances."""
        own = self.design @ _factor(theta)
        v = own @ own.transpose(0, 2, 1) + np.eye(own.shape[1])
        v += np.tensordot(theta[3:] ** 2, self.kernels, axes=1)
        lower = np.linalg.cholesky(v)
        white = np.linalg.solve(lower, self.sides)
        log_det = 2 * float(np.log(np.diagonal(lower, axis1=1, axis2=2)).sum())
        r: Floats = np.linalg.qr(white.reshape(-1, white.shape[2])).R
        return r, log_det


def _factor(theta: Floats) -> Floats:
    return np.array([[theta[0], 0.0], [theta[1], theta[2]]])


def _design(times: Floats) -> Floats:
    return np.column_stack([np.ones_like(times), times])


def _refuse_too_few(courses: Sequence[Course], variances: int) -> None:
    visits = sum(len(course.times) for course in courses)
    repeated = sum(len(course.times) > 1 for course in courses)
    parameters = variances + (courses[0].fixed.shape[1] if courses else 0)
    if repeated < 5 or visits <= parameters:
        raise TooFew(
            f"{visits} visits of {len(courses)} patients, {repeated} of them seen twice or more: a mixed model needs"
            f" 5 such patients and more than {parameters} visits"
        )
