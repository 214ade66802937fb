"""The invented cohort's courses, fitted once: what slopes on the pages are shrunk to."""

from __future__ import annotations

from collections.abc import Callable

from patients.models import CohortFit
from patients.services import fit_trajectories


def fit(say: Callable[[str], None]) -> None:
    """Does nothing where invented patients have been fitted already."""
    if not CohortFit.objects.filter(invented=True).exists():
        say("fitting the courses of lung function")
        fit_trajectories()
