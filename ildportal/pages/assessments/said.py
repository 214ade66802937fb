"""What readers said about CTs, as the page shows it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps

from patients.histories import SIGNS, TRUTHS
from patients.models import CTAssessment
from patients.models.imaging import YesNoUnknown
from patients.progression.history import CTReading
from patients.progression.logic import Truth
from patients.progression.period import more_fibrosis
from patients.services.assessments import question

WORDS: dict[Truth, tuple[str, str]] = {
    True: ("met", "More fibrosis"),
    False: ("notmet", "No more fibrosis"),
    None: ("indet", "Change of fibrosis not said"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One assessment. `yes`, `no` and `unsaid` hold the questions that were answered so.

    amended, amended_at: how often it was changed since, and when last.
    """

    assessment: CTAssessment
    more: Truth
    yes: tuple[str, ...]
    no: tuple[str, ...]
    unsaid: tuple[str, ...]
    amended: int
    amended_at: dt.datetime | None

    @property
    def kind(self) -> str:
        return WORDS[self.more][0]

    @property
    def word(self) -> str:
        return WORDS[self.more][1]


def said(studies: Iterable[int]) -> dict[int, list[Said]]:
    """By study (primary key), the latest reading first; two queries."""
    rows = CTAssessment.objects.filter(study__in=studies).select_related("study", "prior_study", "recorded_by")
    found = list(rows.order_by("-date", "-pk"))
    changed = _changes([one.pk for one in found]) if found else {}
    by_study: dict[int, list[Said]] = defaultdict(list)
    for one in found:
        by_study[one.study_id].append(_said(one, changed.get(one.pk, [])))
    return by_study


def _said(one: CTAssessment, changes: list[dt.datetime]) -> Said:
    answers: dict[str, list[str]] = defaultdict(list)
    for sign in SIGNS:
        answers[getattr(one, sign)].append(question(sign))
    known = {sign: TRUTHS.get(getattr(one, sign)) for sign in SIGNS}
    return Said(
        assessment=one,
        more=more_fibrosis(CTReading(one.date, None, one.assessor, **known)),
        yes=tuple(answers[YesNoUnknown.YES]),
        no=tuple(answers[YesNoUnknown.NO]),
        unsaid=tuple(answers[YesNoUnknown.UNKNOWN]),
        amended=len(changes),
        amended_at=max(changes, default=None),
    )


def _changes(keys: list[int]) -> dict[int, list[dt.datetime]]:
    """When each was amended, from the history that the database keeps."""
    events = apps.get_model("patients", "CTAssessmentEvent").objects.filter(pgh_obj__in=keys, pgh_label="update")
    found: dict[int, list[dt.datetime]] = defaultdict(list)
    for key, moment in events.values_list("pgh_obj", "pgh_created_at"):
        found[key].append(moment)
    return found
