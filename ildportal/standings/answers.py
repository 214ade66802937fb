"""What a rule answers, as met, not met or indeterminate, and its short name in addresses and files."""

from __future__ import annotations

from ildportal.models import Answer
from patients.progression import eustar
from patients.progression.rules import RULES
from patients.progression.verdict import State

# EUSTAR has categories: a decline is what other rules call met.
DECLINES = (eustar.Category.MODERATE, eustar.Category.SIGNIFICANT, eustar.Category.MAJOR)


def slug(rule: str) -> str:
    """
    >>> slug("PPF 2022")
    'ppf-2022'
    """
    return rule.lower().replace(" ", "-")


BY_SLUG = {slug(name): name for name in RULES}


def answer(said: str) -> Answer:
    """Of a state or a category; nothing to confirm ("") is not confirmed.

    >>> [str(answer(said)) for said in ("met", "moderate", "stable", "", "indeterminate")]
    ['met', 'met', 'not met', 'not met', 'indeterminate']
    """
    if said == State.INDETERMINATE:
        return Answer.INDETERMINATE
    return Answer.MET if said in (State.MET, *DECLINES) else Answer.NOT_MET


def in_words(said: str) -> str:
    """A state or a category in words that stand alone.

    >>> in_words("moderate"), in_words("stable")
    ('moderate decline', 'stable')
    """
    return f"{said} decline" if said in DECLINES else said
