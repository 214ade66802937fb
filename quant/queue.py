"""The queue's one truth, the row of a Run or Scoring: claimed, renewed, finished and swept by conditional updates.

Every update names the state and the attempt it expects and looks at the row count, so a worker that
was given up for dead can change nothing any more. Times are the database's, so that clocks that
disagree do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from quant.models import Job, Run, State


class StaleAttempt(Exception):
    """Another attempt owns the run now, or nobody wants it any more: what this one found is dropped."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job, a run unless said otherwise, until the lease ends."""

    run_id: int
    attempt: int
    job: type[Job] = Run

    @property
    def rows(self) -> Any:
        """What of its table this attempt may change: its row while it owns it, nothing afterwards."""
        return _rows(self.job).filter(pk=self.run_id, state=State.RUNNING, attempts=self.attempt)

    @property
    def name(self) -> str:
        return f"{self.job._meta.verbose_name} {self.run_id}"


def _lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


def _rows(job: type[Job]) -> Any:
    return job._default_manager.all()


@transaction.atomic
def claim(run_id: int, worker: str, job: type[Job] = Run) -> Claim | None:
    """Take a waiting job, one whose lease ran out, or one that this very worker's lost child held.

    A worker runs one child: when the same worker meets its own running row, that child is dead.
    None when there is nothing to take (done, taken, given up): the message was one too many.
    """
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING) & (Q(lease_until__lt=Now()) | Q(worker=worker))
    taken = (
        _rows(job)
        .filter(free, pk=run_id, attempts__lt=settings.RUN_ATTEMPTS)
        .update(
            state=State.RUNNING,
            attempts=F("attempts") + 1,
            lease_until=Now() + _lease(),
            worker=worker,
            stage="",
            percent=0,
            reason="",
            error_code="",
            started_at=Now(),
            finished_at=None,
        )
    )
    if not taken:
        return None
    return Claim(run_id, _rows(job).values_list("attempts", flat=True).get(pk=run_id), job)


def renew(claim: Claim, stage: str = "", percent: int | None = None) -> None:
    """Prolong the lease and say how far the work is. Raises StaleAttempt when the run is not ours any more."""
    changes: dict[str, object] = {"lease_until": Now() + _lease()}
    if stage:
        changes["stage"] = stage[:40]
    if percent is not None:
        changes["percent"] = max(0, min(100, percent))
    if not claim.rows.update(**changes):
        raise StaleAttempt(f"{claim.name}, attempt {claim.attempt}")


def finish(claim: Claim) -> None:
    """Mark done; call in the transaction that stores the result. Raises StaleAttempt."""
    done = claim.rows.update(state=State.DONE, stage="", percent=100, lease_until=None, reason="", finished_at=Now())
    if not done:
        raise StaleAttempt(f"{claim.name}, attempt {claim.attempt}")


def fail(claim: Claim, code: str, reason: str) -> None:
    """No further attempt will help: the input is what it is."""
    claim.rows.update(
        state=State.FAILED, lease_until=None, error_code=code[:40], reason=reason[:500], finished_at=Now()
    )


def release(claim: Claim, code: str, reason: str) -> bool:
    """Give the run back after a fault that may pass; True when another attempt is left."""
    if claim.attempt >= settings.RUN_ATTEMPTS:
        fail(claim, code, f"{reason} Given up after {claim.attempt} attempts.")
        return False
    return bool(
        claim.rows.update(
            state=State.QUEUED, lease_until=None, stage="", percent=0, error_code=code[:40], reason=reason[:500]
        )
    )


def wait_again(pk: int, job: type[Job] = Run, **changes: object) -> bool:
    """Let a failed job wait with all its attempts; `changes` are further fields. False when it has not failed."""
    failed = _rows(job).filter(pk=pk, state=State.FAILED)
    return bool(
        failed.update(
            state=State.QUEUED,
            attempts=0,
            reason="",
            error_code="",
            stage="",
            percent=0,
            sent_at=None,
            started_at=None,
            finished_at=None,
            **changes,
        )
    )


def requeue_expired(job: type[Job] = Run) -> int:
    """Jobs whose worker fell silent wait again; those without an attempt left fail. Returns how many."""
    lost = f"The worker stopped while {job.DOING} {job.TAKES}"
    expired = _rows(job).filter(state=State.RUNNING, lease_until__lt=Now())
    again = expired.filter(attempts__lt=settings.RUN_ATTEMPTS).update(
        state=State.QUEUED,
        lease_until=None,
        sent_at=None,
        stage="",
        percent=0,
        error_code="worker_lost",
        reason=f"{lost}; it will be {job.DONE_AGAIN}.",
    )
    given_up = expired.filter(attempts__gte=settings.RUN_ATTEMPTS).update(
        state=State.FAILED,
        lease_until=None,
        error_code="worker_lost",
        reason=f"{lost}, {settings.RUN_ATTEMPTS} times. Probably too little memory for it, or a damaged file: "
        "see the worker's log, then retry.",
        finished_at=Now(),
    )
    return int(again + given_up)
