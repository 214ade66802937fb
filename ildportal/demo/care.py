"""What is done for an invented patient and what happens to them: drugs, events, symptoms, observations. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from ildportal.demo.people import SSC, YEAR, Newcomer, Rng
from ildportal.demo.records import Fact
from ildportal.demo.trajectory import Course

# Drug, dose, unit of the long-term immunosuppressant of each diagnosis, first choice first.
LONG_TERM = {
    SSC: (("mycophenolate", 2.0, "g/day"),),
    "RA-ILD": (("methotrexate", 15.0, "mg/week"), ("rituximab", 1.0, "g x 2")),
    "IIM-ILD": (("mycophenolate", 2.0, "g/day"), ("tacrolimus", 4.0, "mg/day"), ("azathioprine", 100.0, "mg/day")),
    "fHP": (("mycophenolate", 1.5, "g/day"),),
    "SjD-ILD": (("azathioprine", 100.0, "mg/day"),),
    "iNSIP": (("mycophenolate", 2.0, "g/day"),),
    "MCTD-ILD": (("mycophenolate", 2.0, "g/day"),),
}
STEROIDS = {"SSc-ILD": 0.40, "IPF": 0.05}
INFECTIONS = ("Pneumonia, treated at home", "COVID-19, outpatient", "Bronchitis", "Influenza A")
ADMISSIONS = ("Pneumonia, oxygen for three days", "Worsening dyspnoea", "Pulmonary embolism excluded, pneumonia")


class Diary:
    """Collects the facts of one patient between entry and `last`; what would lie after that is not written."""

    def __init__(self, rng: Rng, who: Newcomer, course: Course, entry: date, last: date) -> None:
        self.rng, self.who, self.course, self.entry, self.last = rng, who, course, entry, last

    def day(self, years: float) -> date:
        return self.entry + timedelta(days=round(years * YEAR))

    def years(self) -> float:
        return (self.last - self.entry).days / YEAR

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)


def treatments(diary: Diary) -> tuple[Fact, ...]:
    """First line, steroids, then what decline or intolerance asks for."""
    found = [*_long_term(diary), *_steroids(diary), *_second_line(diary), *_antifibrotic(diary)]
    started = [_cut(diary, one) for one in found if one["start"] < diary.last]
    return tuple(Fact(one) for one in sorted(started, key=lambda one: one["start"]))


def events(diary: Diary) -> tuple[Fact, ...]:
    return tuple(sorted(map(Fact, _events(diary)), key=lambda one: one.day))


def symptoms(diary: Diary, days: Sequence[date]) -> tuple[Fact, ...]:
    """At each visit: change since the one before, mostly as FVC went; mMRC by lung function."""
    found = []
    before: float | None = None
    for day in days:
        years = (day - diary.entry).days / YEAR
        fvc, dlco = diary.course.fvc_at(years), diary.course.dlco_at(years)
        felt = 0.0 if before is None else fvc - before + float(diary.rng.normal(0.0, 2.2))
        change = "unknown" if before is None else "worse" if felt < -2.5 else "better" if felt > 2.5 else "same"
        load = (82.0 - fvc) / 22.0 + (60.0 - dlco) / 25.0 + 0.6 + float(diary.rng.normal(0.0, 0.45))
        cough = "unknown" if before is None else change if diary.chance(0.5) else "same"
        grade = int(np.clip(round(load), 0, 4))
        found.append(Fact({"date": day, "dyspnoea": change, "cough": cough, "mmrc": grade}))
        before = fvc
    return tuple(found)


def observations(diary: Diary, days: Sequence[date]) -> tuple[Fact, ...]:
    """Exercise and blood at entry and about once a year, skin at each visit of SSc, saturation at each."""
    found: list[Fact] = []
    yearly: date | None = None
    skin = float(diary.rng.gamma(5.0, 3.6) if diary.who.person.ssc_subset == "diffuse" else diary.rng.gamma(2.0, 2.0))
    for day in days:
        years = (day - diary.entry).days / YEAR
        found += [_coded(day, *one) for one in _at_visit(diary, years, skin)]
        if yearly is None or (day - yearly).days > 300:
            yearly = day
            found += [_coded(day, *one) for one in _once_a_year(diary, years)]
    return tuple(found)


def _coded(day: date, system: str, code: str, value: float, unit: str) -> Fact:
    return Fact({"date": day, "system": system, "code": code, "value": value, "unit": unit})


def _at_visit(diary: Diary, years: float, skin: float) -> Iterator[tuple[str, str, float, str]]:
    rest = 97.5 - max(45.0 - diary.course.dlco_at(years), 0.0) * 0.12 + float(diary.rng.normal(0.0, 0.8))
    yield "loinc", "59408-5", float(np.clip(round(rest), 84, 100)), "%"
    if diary.who.diagnosis == SSC:
        now = skin * np.exp(-0.13 * years) + diary.rng.normal(0.0, 1.2)
        yield "local", "mrss", float(np.clip(round(now), 0, 45)), ""


def _once_a_year(diary: Diary, years: float) -> Iterator[tuple[str, str, float, str]]:
    rng, dlco = diary.rng, diary.course.dlco_at(years)
    walked = 470.0 + 2.2 * (dlco - 58.0) - 2.5 * (_age(diary, years) - 54.0) + float(rng.normal(0.0, 55.0))
    yield "loinc", "64098-7", float(np.clip(round(walked), 80, 760)), "m"
    yield (
        "local",
        "spo2-nadir",
        float(np.clip(round(95.0 - max(62.0 - dlco, 0.0) * 0.24 + rng.normal(0, 2)), 72, 99)),
        "%",
    )
    yield "loinc", "1988-5", round(float(np.clip(rng.lognormal(1.1, 0.9), 0.3, 120.0)), 1), "mg/L"
    if diary.chance(0.7):
        strain = rng.lognormal(4.6 + max(45.0 - dlco, 0.0) * 0.035, 0.7)
        yield "loinc", "33762-6", float(round(np.clip(strain, 20, 9000))), "pg/mL"


def _age(diary: Diary, years: float) -> float:
    return (diary.entry - diary.who.person.birth_date).days / YEAR + years


def _drug(start: date, stop: date | None, drug: str, dose: float, unit: str, reason: str = "") -> dict[str, Any]:
    return {"drug": drug, "dose": dose, "unit": unit, "start": start, "stop": stop, "stop_reason": reason}


def _cut(diary: Diary, one: dict[str, Any]) -> dict[str, Any]:
    """Nothing is known to have stopped after the end of follow-up."""
    if one["stop"] and one["stop"] > diary.last:
        return {**one, "stop": None, "stop_reason": ""}
    return one


def _long_term(diary: Diary) -> Iterator[dict[str, Any]]:
    choices = LONG_TERM.get(diary.who.diagnosis, ())
    if not choices or not diary.chance(0.72):
        return
    drug, dose, unit = choices[int(diary.rng.integers(len(choices)))]
    start = diary.day(float(diary.rng.uniform(0.03, 0.6)))
    if diary.who.diagnosis == SSC and diary.chance(0.16):
        stop = start + timedelta(days=180)
        yield _drug(start, stop, "cyclophosphamide", 750.0, "mg/m2/month", "course completed")
        start = stop
    if drug == "rituximab":
        yield _drug(start, start + timedelta(days=15), drug, dose, unit, "course completed")
        return
    raised = start + timedelta(days=int(diary.rng.integers(120, 900)))
    if drug == "mycophenolate" and dose < 3 and diary.chance(0.35):
        yield _drug(start, raised, drug, dose, unit, "dose raised")
        start, dose = raised, 3.0
    gone = start + timedelta(days=int(diary.rng.integers(200, 1500)))
    left = diary.chance(0.25)
    reason = str(diary.rng.choice(["gastrointestinal intolerance", "infections", "stable disease", "leucopenia"]))
    yield _drug(start, gone if left else None, drug, dose, unit, reason if left else "")


def _steroids(diary: Diary) -> Iterator[dict[str, Any]]:
    if diary.chance(STEROIDS.get(diary.who.diagnosis, 0.7)):
        start = diary.day(float(diary.rng.uniform(-0.3, 0.3)))
        ends = diary.chance(0.6)
        stop = start + timedelta(days=int(diary.rng.integers(150, 900))) if ends else None
        dose = float(diary.rng.choice([5.0, 7.5, 10.0]))
        yield _drug(start, stop, "prednisone", dose, "mg/day", "tapered" if ends else "")


def _second_line(diary: Diary) -> Iterator[dict[str, Any]]:
    if diary.who.diagnosis not in {SSC, "IIM-ILD"}:
        return
    declining = diary.course.kind in {"slow", "rapid"}
    if diary.chance(0.34 if declining else 0.06):
        start = diary.day(float(diary.rng.uniform(0.8, 3.0)))
        for cycle in range(int(diary.rng.integers(1, 4))):
            day = start + timedelta(days=190 * cycle)
            yield _drug(day, day + timedelta(days=15), "rituximab", 1.0, "g x 2", "course completed")
    elif diary.who.diagnosis == SSC and diary.chance(0.14):
        yield _drug(diary.day(float(diary.rng.uniform(0.1, 2.0))), None, "tocilizumab", 162.0, "mg/week")
    if diary.who.person.ssc_subset == "diffuse" and declining and diary.chance(0.06):
        day = diary.day(float(diary.rng.uniform(0.6, 2.0)))
        yield _drug(day, day + timedelta(days=30), "HSCT", 1.0, "transplantation", "course completed")


def _antifibrotic(diary: Diary) -> Iterator[dict[str, Any]]:
    idiopathic = diary.who.diagnosis == "IPF"
    share = 0.95 if idiopathic else {"rapid": 0.6, "slow": 0.38}.get(diary.course.kind, 0.08)
    if not diary.chance(share):
        return
    start = diary.day(float(diary.rng.uniform(0.05, 0.5) if idiopathic else diary.rng.uniform(1.0, 3.5)))
    if idiopathic and diary.chance(0.35):
        yield _drug(start, None, "pirfenidone", 2403.0, "mg/day")
        return
    if diary.chance(0.35):
        lowered = start + timedelta(days=int(diary.rng.integers(40, 240)))
        yield _drug(start, lowered, "nintedanib", 150.0, "mg bid", "diarrhoea, dose lowered")
        yield _drug(lowered, None, "nintedanib", 100.0, "mg bid")
    else:
        yield _drug(start, None, "nintedanib", 150.0, "mg bid")


def _events(diary: Diary) -> Iterator[dict[str, Any]]:
    rng, years = diary.rng, diary.years()
    yield from _sudden(diary)
    oxygen = False
    for quarter in range(1, int(years * 4)):
        at = quarter / 4 + float(rng.uniform(0.0, 0.2))
        fvc, dlco = diary.course.fvc_at(at), diary.course.dlco_at(at)
        frail = float(np.exp(0.035 * (60.0 - fvc) + 0.03 * (50.0 - dlco)))
        if diary.day(at) >= diary.last:
            return
        if diary.chance(0.017 * frail):
            end = diary.day(at) + timedelta(days=int(rng.integers(4, 15)))
            yield _event(diary, at, "respiratory hospitalisation", str(rng.choice(ADMISSIONS)), end_date=end)
        if diary.chance(0.045):
            yield _event(diary, at, "infection", str(rng.choice(INFECTIONS)))
        if not oxygen and dlco < 38.0 and diary.chance(0.22):
            oxygen = True
            yield _event(diary, at, "oxygen started", "On exertion, 2 L/min")
        if dlco < 34.0 and diary.chance(0.020):
            yield _event(diary, at, "pulmonary hypertension", "Right heart catheter, mPAP 29 mmHg", adjudicated=True)
        if diary.chance(0.0016):
            yield _event(diary, at, "cancer", "Breast, in remission" if diary.who.person.sex == "F" else "Prostate")
        if diary.chance(0.006):
            yield _event(diary, at, "other hospitalisation", "Digital ulcers, iloprost infusions")
    if diary.who.person.sex == "F" and _age(diary, 1.0) < 36 and years > 3:
        yield _event(diary, 2.1, "pregnancy", "Healthy child at term")


def _sudden(diary: Diary) -> Iterator[dict[str, Any]]:
    at = diary.course.drop_at
    if at is not None and diary.day(at) < diary.last:
        sure = "definite" if diary.chance(0.5) else "suspected"
        text = "New ground glass on both sides, no infection found"
        yield _event(diary, at, "acute exacerbation", text, certainty=sure)


def _event(diary: Diary, years: float, type: str, text: str, **more: Any) -> dict[str, Any]:
    end = more.pop("end_date", None)
    found = {"type": type, "date": diary.day(years), "text": text, **more}
    return found | {"end_date": min(end, diary.last)} if end else found
