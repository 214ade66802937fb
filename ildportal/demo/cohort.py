"""The whole invented cohort, a pure function of a seed and a last day. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ildportal.demo import care, function, imaging, people, showcase, slips, trajectory
from ildportal.demo.people import SSC, YEAR, Newcomer, Rng
from ildportal.demo.readings import Seen, readings
from ildportal.demo.records import End, Record, Scan, Session
from ildportal.demo.trajectory import Course

# Of a hundred seeds one whose sample lies near the published means in most of them.
SEED = 103
PATIENTS = 120
MOST_YEARS, LEAST_YEARS = 8.0, 1.3
LOST_TO_FOLLOW_UP = 0.10
# Months after entry of a CT; the scan lies within a month of a lung-function session.
CT_MONTHS = (0, 12, 24, 36, 48, 60, 72, 84, 95)
CT_SHARES = (1.0, 0.85, 0.75, 0.60, 0.70, 0.60, 0.65, 0.60, 0.65)


@dataclass(frozen=True, slots=True)
class Draft:
    """A patient whose lung function still lacks the reference values, which are had for all at once."""

    who: Newcomer
    course: Course
    entry: date
    end: End
    sessions: tuple[Session, ...]
    rng: Rng


def generate(until: date, seed: int = SEED) -> tuple[Record, ...]:
    """PATIENTS records, the showcase among them, with nothing dated after `until`.

    Every date is a distance to `until`: another day moves the cohort and changes no number.
    """
    drafts = [_draft(seed, place, diagnosis, code, until) for place, (code, diagnosis) in enumerate(_codes())]
    told = (showcase.record(story, seed, until) for story in showcase.STORIES)
    return (*told, *slips.let_in(tuple(_records(drafts, until))))


def _codes() -> Iterator[tuple[str, str]]:
    """Codes and diagnoses of those who are drawn; the numbers of the showcase are left free."""
    taken = {story.code for story in showcase.STORIES}
    left = PATIENTS - len(taken) - sum(people.OTHERS.values())
    free = (code for number in range(1, PATIENTS + 1) if (code := f"SSc-{number:04d}") not in taken)
    yield from ((next(free), SSC) for _ in range(left))
    for diagnosis, count in people.OTHERS.items():
        prefix = diagnosis.removesuffix("-ILD")
        yield from ((f"{prefix}-{number:04d}", diagnosis) for number in range(1, count + 1))


def _draft(seed: int, place: int, diagnosis: str, code: str, until: date) -> Draft:
    rng = np.random.default_rng([seed, place])
    followed = LEAST_YEARS + (MOST_YEARS - LEAST_YEARS) * float(rng.random()) ** 0.7
    entry = until - timedelta(days=int(followed * YEAR))
    who = people.draw(rng, code, diagnosis, entry)
    course = trajectory.draw(rng, diagnosis)
    age = (entry - who.person.birth_date).days / YEAR
    end = _end(rng, course, entry, age, followed, until)
    last_visit = min(end.last_seen_alive, end.transplant_date or end.last_seen_alive)
    days = function.visit_days(rng, entry, last_visit)
    sessions = tuple(function.session(rng, who.person, course, entry, day) for day in days)
    return Draft(who, course, entry, end, sessions, rng)


def _end(rng: Rng, course: Course, entry: date, age: float, followed: float, until: date) -> End:
    """Death, transplant, lost to follow-up, or alive and seen in the last months."""
    if followed > 2.5 and rng.random() < LOST_TO_FOLLOW_UP:
        followed = float(rng.uniform(1.2, followed - 0.8))
    death = trajectory.death_after(rng, course, age, followed)
    transplant = trajectory.transplant_after(course, age, death or followed)
    seen = entry + timedelta(days=int(followed * YEAR) - int(rng.integers(2, 60)))
    died = entry + timedelta(days=round(death * YEAR)) if death else None
    return End(
        last_seen_alive=died - timedelta(days=1) if died else min(seen, until),
        death_date=died,
        death_cause=str(rng.choice(trajectory.CAUSES)) if died else "",
        transplant_date=entry + timedelta(days=round(transplant * YEAR)) if transplant else None,
    )


def _records(drafts: Sequence[Draft], until: date) -> Iterator[Record]:
    predicted = references((draft.who.person.sex, draft.who.person.height_cm, draft.sessions) for draft in drafts)
    return (_record(draft, by, until) for draft, by in zip(drafts, predicted, strict=True))


def references(of: Iterable[tuple[str, float, Sequence[Session]]]) -> list[list[function.Predicted]]:
    """Reference values of every session of several patients (sex, height in cm, sessions), in one call."""
    groups = list(of)
    rows = [(sex, one.age, height) for sex, height, sessions in groups for one in sessions]
    found = iter(function.predicted(*zip(*rows, strict=True)))
    return [[next(found) for _ in sessions] for _sex, _height, sessions in groups]


def _record(draft: Draft, predicted: Sequence[function.Predicted], until: date) -> Record:
    rng, who = draft.rng, draft.who
    days = [one.day for one in draft.sessions]
    last = min(draft.end.last_seen_alive, draft.end.transplant_date or draft.end.last_seen_alive)
    # Of its own stream: another chance of an event must not change the CT numbers.
    diary = care.Diary(rng.spawn(1)[0], who, draft.course, draft.entry, last)
    record = Record(
        person=who.person,
        end=draft.end,
        diagnoses=who.diagnoses,
        antibodies=who.antibodies,
        pfts=function.facts(rng, who.person, draft.sessions, predicted),
        symptoms=care.symptoms(diary, days),
        observations=care.observations(diary, days),
        treatments=care.treatments(diary),
        events=care.events(diary),
        scans=tuple(_scans(draft, predicted, last)),
    )
    seen = [_seen(draft, scan.day) for scan in record.scans]
    text = who.diagnoses[-1].values["text"]
    return replace(record, readings=readings(rng.spawn(1)[0], seen, text, until))


def _seen(draft: Draft, day: date) -> Seen:
    years = max((day - draft.entry).days, 0) / YEAR
    return Seen(day, imaging.extents(draft.course, draft.course.lesion_at(years), draft.course.fibrosis_at(years)))


def _scans(draft: Draft, predicted: Sequence[function.Predicted], last: date) -> Iterator[Scan]:
    """Beside the session nearest to each planned month, when there is one within four months of it."""
    used: set[date] = set()
    for month, share in zip(CT_MONTHS, CT_SHARES, strict=True):
        wanted = draft.entry + timedelta(days=round(month * function.MONTH))
        session, by = min(zip(draft.sessions, predicted, strict=True), key=lambda one: abs(one[0].day - wanted))
        if abs((session.day - wanted).days) > 120 or session.day in used or draft.rng.random() > share:
            continue
        used.add(session.day)
        day = min(session.day + timedelta(days=int(draft.rng.integers(-12, 20))), last)
        found = imaging.disease(draft.rng, draft.course, max((day - draft.entry).days, 0) / YEAR)
        capacity = (0.62 * session.fvc_percent + 32.0) / 100 * by.tlc
        yield imaging.scan(draft.rng, day, found, capacity)
