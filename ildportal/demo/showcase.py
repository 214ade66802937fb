"""Four patients told by hand: three whose scans are phantoms, one whose CT numbers change engine. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from ildportal.demo import function, imaging, people
from ildportal.demo.function import MONTH, Predicted
from ildportal.demo.people import YEAR, Rng
from ildportal.demo.readings import Seen, readings
from ildportal.demo.records import End, Extents, Fact, Person, Record, Scan, Session, Volume

# Told values are meant: the noise of the tests is a quarter of the usual.
NOISE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`months` before the last day; the true FVC and DLCO in % predicted; a grade D is blown short."""

    months: float
    fvc: float
    dlco: float | None
    mmrc: int
    change: str = "same"
    grade: str = "A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Times are months before the last day. `engines` holds one version a scan; empty: phantoms are made."""

    code: str
    sex: str
    age: float
    height_cm: float
    weight_kg: float
    diagnosis: str
    text: str
    subset: str = "none"
    antibodies: Mapping[str, str]
    smoking: str = "never"
    pack_years: float | None = None
    emphysema: float = 0.3
    visits: tuple[Visit, ...]
    scans: tuple[tuple[float, Extents], ...]
    engines: tuple[str, ...] = ()
    drugs: tuple[tuple[str, float, str, float, float | None, str], ...] = ()
    events: tuple[tuple[str, float, str, Mapping[str, Any]], ...] = ()
    skin: tuple[float, ...] = ()
    walked: tuple[float, ...] = field(default=())


def record(story: Story, seed: int, until: date) -> Record:
    rng = np.random.default_rng([seed, 1_000_000 + STORIES.index(story)])
    person = _person(story, until)
    sessions = tuple(_session(rng, story, person, visit, until) for visit in story.visits)
    count = len(sessions)
    predicted = function.predicted([story.sex] * count, [one.age for one in sessions], [story.height_cm] * count)
    days = [one.day for one in sessions]
    measured = not story.engines
    return Record(
        person=person,
        end=End(last_seen_alive=max(*days, *(_day(until, months) for months, _ in story.scans))),
        diagnoses=(_diagnosis(story, days[0]),),
        antibodies=people.antibody_facts(story.antibodies, days[0] - timedelta(days=41)),
        pfts=function.facts(rng, person, sessions, predicted, NOISE),
        symptoms=tuple(_symptoms(story, days)),
        observations=tuple(_observations(story, days)),
        treatments=tuple(_drug(until, *one) for one in story.drugs),
        events=tuple(
            Fact({"type": kind, "date": _day(until, months), "text": text, **more})
            for kind, months, text, more in story.events
        ),
        scans=() if measured else tuple(_scans(rng, story, sessions, predicted, until)),
        readings=readings(
            rng.spawn(1)[0], [Seen(_day(until, m), d) for m, d in story.scans], story.text, until, all_read=True
        ),
        volumes=tuple(Volume(day=_day(until, m), disease=d) for m, d in story.scans) if measured else (),
    )


def _day(until: date, months: float) -> date:
    return until - timedelta(days=round(months * MONTH))


def _person(story: Story, until: date) -> Person:
    onset = _day(until, story.visits[0].months + 31).replace(day=1)
    sclerosis = story.diagnosis == people.SSC
    return Person(
        code=story.code,
        site="north",
        sex=story.sex,
        birth_date=until - timedelta(days=round(story.age * YEAR)),
        height_cm=story.height_cm,
        weight_kg=story.weight_kg,
        ssc_subset=story.subset,
        raynaud_onset=onset - timedelta(days=330) if sclerosis else None,
        first_non_raynaud=onset if sclerosis else None,
        smoking=story.smoking,
        pack_years=story.pack_years,
    )


def _session(rng: Rng, story: Story, person: Person, visit: Visit, until: date) -> Session:
    day = _day(until, visit.months)
    return Session(
        day=day,
        age=(day - person.birth_date).days / YEAR,
        fvc_percent=visit.fvc,
        dlco_percent=visit.dlco,
        tlc_percent=0.62 * visit.fvc + 32.0,
        ratio=0.83 - 0.012 * story.emphysema,
        haemoglobin_g_dl=float(rng.normal(12.9 if story.sex == "F" else 14.2, 0.4)),
        quality_fvc=visit.grade,
        quality_dlco="" if visit.dlco is None else "A",
        dlco_not_done_reason="could not perform" if visit.dlco is None else "",
    )


def _diagnosis(story: Story, day: date) -> Fact:
    told = {"code": story.diagnosis, "text": story.text, "confidence": "definite", "decided_by": "mdt"}
    return Fact({**told, "date": day.replace(day=1), "date_precision": "month"})


def _symptoms(story: Story, days: Sequence[date]) -> Iterator[Fact]:
    for place, (visit, day) in enumerate(zip(story.visits, days, strict=True)):
        change = visit.change if place else "unknown"
        yield Fact({"date": day, "dyspnoea": change, "cough": "same" if place else "unknown", "mmrc": visit.mmrc})


def _observations(story: Story, days: Sequence[date]) -> Iterator[Fact]:
    """Skin scores at the first visits and distances walked at every second one."""
    for system, code, unit, values, every in (
        ("local", "mrss", "", story.skin, 1), ("loinc", "64098-7", "m", story.walked, 2),
    ):  # fmt: skip
        for value, day in zip(values, days[::every], strict=False):
            yield Fact({"date": day, "system": system, "code": code, "value": value, "unit": unit})


def _drug(until: date, drug: str, dose: float, unit: str, start: float, stop: float | None, reason: str) -> Fact:
    end = None if stop is None else _day(until, stop)
    first = _day(until, start)
    return Fact({"drug": drug, "dose": dose, "unit": unit, "start": first, "stop": end, "stop_reason": reason})


def _scans(
    rng: Rng, story: Story, sessions: Sequence[Session], predicted: Sequence[Predicted], until: date
) -> Iterator[Scan]:
    for (months, found), version in zip(story.scans, story.engines, strict=True):
        day = _day(until, months)
        near = min(range(len(sessions)), key=lambda place: abs((sessions[place].day - day).days))
        capacity = (sessions[near].tlc_percent or 80.0) / 100 * predicted[near].tlc
        yield imaging.scan(rng, day, found, capacity, version)


def _extents(*rows: tuple[float, float, float, float, float]) -> tuple[tuple[float, Extents], ...]:
    """Months, then ground glass, consolidation, reticulation, honeycombing in % of the lung volume."""
    return tuple(
        (m, Extents(ground_glass=g, consolidation=c, reticulation=r, honeycombing=h, emphysema=0.3))
        for m, g, c, r, h in rows
    )


PROGRESSING = Story(
    code="SSc-0147",
    sex="F",
    age=54.4,
    height_cm=164.0,
    weight_kg=61.5,
    diagnosis="SSc-ILD",
    text="fibrotic NSIP",
    subset="diffuse",
    antibodies={
        "anti-Scl-70": "positive", "anti-centromere": "negative", "anti-RNA-polymerase III": "negative",
        "Ro52": "negative",
    },
    visits=(
        Visit(months=67.1, fvc=86.0, dlco=68.0, mmrc=1),
        Visit(months=61.5, fvc=85.0, dlco=66.5, mmrc=1),
        Visit(months=54.3, fvc=82.6, dlco=63.6, mmrc=1),
        Visit(months=48.3, fvc=81.0, dlco=None, mmrc=1),
        Visit(months=41.4, fvc=80.9, dlco=61.0, mmrc=1),
        Visit(months=35.3, fvc=79.8, dlco=59.8, mmrc=1),
        Visit(months=28.5, fvc=78.0, dlco=57.4, mmrc=2, change="worse"),
        Visit(months=22.5, fvc=76.4, dlco=55.0, mmrc=2),
        Visit(months=16.1, fvc=74.0, dlco=53.0, mmrc=2),
        Visit(months=11.9, fvc=72.2, dlco=49.9, mmrc=2),
        Visit(months=5.7, fvc=73.2, dlco=50.2, mmrc=2, grade="D"),
        Visit(months=0.3, fvc=67.6, dlco=47.2, mmrc=3, change="worse"),
    ),
    scans=_extents(
        (67.1, 10.8, 0.7, 4.2, 0.2), (54.3, 12.2, 0.9, 4.8, 0.3), (41.4, 11.6, 0.9, 5.1, 0.4),
        (28.5, 13.3, 1.2, 6.0, 0.6), (16.1, 16.3, 1.5, 7.2, 0.8), (1.0, 21.4, 1.8, 8.8, 1.2),
    ),
    drugs=(
        ("prednisone", 10.0, "mg/day", 66.9, 56.3, "tapered"),
        ("mycophenolate", 2.0, "g/day", 65.5, 36.8, "dose raised"),
        ("mycophenolate", 3.0, "g/day", 36.8, None, ""),
        ("rituximab", 1.0, "g x 2", 27.4, 26.9, "course completed"),
        ("rituximab", 1.0, "g x 2", 21.0, 20.5, "course completed"),
        ("nintedanib", 150.0, "mg bid", 15.6, 10.2, "diarrhoea, dose lowered"),
        ("nintedanib", 100.0, "mg bid", 10.2, None, ""),
    ),
    events=(
        ("respiratory hospitalisation", 57.3, "Pneumonia, oxygen for three days", {"adjudicated": True}),
        ("infection", 44.6, "COVID-19, outpatient", {}),
        ("infection", 31.5, "Bronchitis", {}),
        ("other", 15.9, "Board: add nintedanib", {}),
        ("oxygen started", 2.3, "On exertion, 2 L/min", {}),
    ),
    skin=(24.0, 23.0, 21.0, 19.0, 17.0, 16.0, 16.0, 14.0, 13.0, 12.0, 12.0, 11.0),
    walked=(520.0, 498.0, 505.0, 470.0, 441.0, 402.0),
)  # fmt: skip

IMPROVING = Story(
    code="SSc-0133",
    sex="M",
    age=47.2,
    height_cm=178.0,
    weight_kg=77.0,
    diagnosis="SSc-ILD",
    text="cellular NSIP",
    subset="diffuse",
    antibodies={"anti-Scl-70": "negative", "anti-centromere": "negative", "anti-RNA-polymerase III": "positive"},
    smoking="former",
    pack_years=6.0,
    visits=(
        Visit(months=31.0, fvc=66.0, dlco=51.0, mmrc=3),
        Visit(months=27.2, fvc=69.0, dlco=54.0, mmrc=2, change="better"),
        Visit(months=23.0, fvc=72.0, dlco=57.0, mmrc=2),
        Visit(months=17.5, fvc=74.0, dlco=58.5, mmrc=1, change="better"),
        Visit(months=11.0, fvc=75.5, dlco=60.0, mmrc=1),
        Visit(months=4.2, fvc=76.0, dlco=60.5, mmrc=1),
    ),
    scans=_extents((31.1, 19.0, 1.5, 2.5, 0.1), (17.4, 12.5, 0.8, 3.2, 0.1), (4.0, 7.5, 0.4, 3.6, 0.1)),
    drugs=(
        ("prednisone", 10.0, "mg/day", 30.8, 22.0, "tapered"),
        ("cyclophosphamide", 750.0, "mg/m2/month", 30.5, 24.5, "course completed"),
        ("mycophenolate", 3.0, "g/day", 24.5, None, ""),
    ),
    events=(("infection", 26.0, "Pneumonia, treated at home", {}),),
    skin=(28.0, 26.0, 22.0, 18.0, 15.0, 13.0),
    walked=(410.0, 486.0, 512.0),
)

FIBROSING = Story(
    code="IPF-0012",
    sex="M",
    age=70.6,
    height_cm=173.0,
    weight_kg=80.0,
    diagnosis="IPF",
    text="UIP",
    antibodies={"anti-Scl-70": "negative", "anti-centromere": "negative", "RF": "negative"},
    smoking="former",
    pack_years=22.0,
    emphysema=3.0,
    visits=(
        Visit(months=27.0, fvc=78.0, dlco=49.0, mmrc=2),
        Visit(months=20.5, fvc=74.0, dlco=45.0, mmrc=2),
        Visit(months=14.5, fvc=70.0, dlco=41.0, mmrc=2, change="worse"),
        Visit(months=8.0, fvc=67.5, dlco=38.0, mmrc=3),
        Visit(months=2.0, fvc=63.0, dlco=34.0, mmrc=3, change="worse"),
    ),
    scans=tuple(
        (m, Extents(ground_glass=g, consolidation=0.4, reticulation=r, honeycombing=h, emphysema=3.0))
        for m, g, r, h in ((26.8, 4.0, 7.0, 3.0), (14.2, 5.0, 9.0, 4.5), (1.8, 7.5, 11.0, 6.5))
    ),
    drugs=(
        ("nintedanib", 150.0, "mg bid", 25.5, 18.0, "diarrhoea, dose lowered"),
        ("nintedanib", 100.0, "mg bid", 18.0, None, ""),
    ),
    events=(
        ("respiratory hospitalisation", 9.1, "Worsening dyspnoea", {}),
        ("oxygen started", 6.0, "On exertion, 3 L/min", {}),
    ),
    walked=(455.0, 401.0, 330.0),
)

NEW_ENGINE = Story(
    code="SSc-0058",
    sex="F",
    age=61.8,
    height_cm=160.0,
    weight_kg=58.0,
    diagnosis="SSc-ILD",
    text="NSIP",
    subset="limited",
    antibodies={"anti-Scl-70": "positive", "anti-centromere": "negative", "anti-RNA-polymerase III": "negative"},
    visits=tuple(
        Visit(months=m, fvc=f, dlco=d, mmrc=1)
        for m, f, d in (
            (50.0, 91.0, 66.0), (43.5, 91.5, 65.0), (37.0, 90.0, 66.0),
            (25.0, 90.5, 64.0), (12.5, 89.0, 64.5), (1.5, 90.0, 63.0),
        )
    ),
    scans=_extents(
        (49.5, 6.2, 0.2, 2.4, 0.1), (37.2, 6.5, 0.2, 2.5, 0.1), (24.8, 5.4, 0.3, 2.9, 0.1), (1.2, 5.7, 0.2, 3.0, 0.1),
    ),
    engines=("0.9", "0.9", "1", "1"),
    drugs=(("mycophenolate", 2.0, "g/day", 48.0, None, ""),),
    skin=(5.0, 5.0, 4.0, 4.0, 4.0, 4.0),
    walked=(530.0, 522.0, 541.0),
)  # fmt: skip

STORIES = (PROGRESSING, IMPROVING, FIBROSING, NEW_ENGINE)
