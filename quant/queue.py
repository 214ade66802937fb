"""The queue's one truth, the Run row: claimed, renewed, finished and swept by conditional updates.

Every update names the state and the attempt it expects and looks at the row count, so a worker that
was given up for dead can change nothing any more. Times are the database's, so that clocks that
disagree do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from quant.models import Run, State

LOST = "The worker stopped while measuring this scan"


class StaleAttempt(Exception):
    """Another attempt owns the run now, or nobody wants it any more: what this one found is dropped."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a run until the lease ends."""

    run_id: int
    attempt: int


def _lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


def _mine(claim: Claim) -> Q:
    return Q(pk=claim.run_id, state=State.RUNNING, attempts=claim.attempt)


@transaction.atomic
def claim(run_id: int, worker: str) -> Claim | None:
    """Take a waiting run, one whose lease ran out, or one that this very worker's lost child held.

    A worker runs one child: when the same worker meets its own running row, that child is dead.
    None when there is nothing to take (done, taken, given up): the message was one too many.
    """
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING) & (Q(lease_until__lt=Now()) | Q(worker=worker))
    taken = Run.objects.filter(free, pk=run_id, attempts__lt=settings.RUN_ATTEMPTS).update(
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
    if not taken:
        return None
    return Claim(run_id, Run.objects.values_list("attempts", flat=True).get(pk=run_id))


def renew(claim: Claim, stage: str = "", percent: int | None = None) -> None:
    """Prolong the lease and say how far the work is. Raises StaleAttempt when the run is not ours any more."""
    changes: dict[str, object] = {"lease_until": Now() + _lease()}
    if stage:
        changes["stage"] = stage[:40]
    if percent is not None:
        changes["percent"] = max(0, min(100, percent))
    if not Run.objects.filter(_mine(claim)).update(**changes):
        raise StaleAttempt(f"run {claim.run_id}, attempt {claim.attempt}")


def finish(claim: Claim) -> None:
    """Mark done; call in the transaction that stores the result. Raises StaleAttempt."""
    done = Run.objects.filter(_mine(claim)).update(
        state=State.DONE, stage="", percent=100, lease_until=None, reason="", finished_at=Now()
    )
    if not done:
        raise StaleAttempt(f"run {claim.run_id}, attempt {claim.attempt}")


def fail(claim: Claim, code: str, reason: str) -> None:
    """No further attempt will help: the input is what it is."""
    Run.objects.filter(_mine(claim)).update(
        state=State.FAILED, lease_until=None, error_code=code[:40], reason=reason[:500], finished_at=Now()
    )


def release(claim: Claim, code: str, reason: str) -> bool:
    """Give the run back after a fault that may pass; True when another attempt is left."""
    if claim.attempt >= settings.RUN_ATTEMPTS:
        fail(claim, code, f"{reason} Given up after {claim.attempt} attempts.")
        return False
    return bool(
        Run.objects.filter(_mine(claim)).update(
            state=State.QUEUED, lease_until=None, stage="", percent=0, error_code=code[:40], reason=reason[:500]
        )
    )


def requeue_expired() -> int:
    """Runs whose worker fell silent wait again; those without an attempt left fail. Returns how many."""
    expired = Run.objects.filter(state=State.RUNNING, lease_until__lt=Now())
    again = expired.filter(attempts__lt=settings.RUN_ATTEMPTS).update(
        state=State.QUEUED,
        lease_until=None,
        sent_at=None,
        stage="",
        percent=0,
        error_code="worker_lost",
        reason=f"{LOST}; it will be measured again.",
    )
    given_up = expired.filter(attempts__gte=settings.RUN_ATTEMPTS).update(
        state=State.FAILED,
        lease_until=None,
        error_code="worker_lost",
        reason=f"{LOST}, {settings.RUN_ATTEMPTS} times. Probably too little memory for it, or a damaged file: "
        "see the worker's log, then retry.",
        finished_at=Now(),
    )
    return again + given_up
