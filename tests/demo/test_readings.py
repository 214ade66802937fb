"""The invented reader's words: as the disease went, without contradictions, and nobody's but an invented one's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import numpy as np

from ildportal.demo import readings
from ildportal.demo.readings import SIGNS, Seen
from ildportal.demo.records import Extents, Fact, Record
from patients.services.assessments import CONTRADICTIONS
from tests.demo.conftest import LAST_DAY

Records = tuple[Record, ...]


def said(records: Records) -> Iterator[tuple[Record, Fact]]:
    return ((record, reading) for record in records for reading in record.readings)


def test_most_scans_are_read_soon_and_by_nobody_real(records: Records) -> None:
    scans = sum(len(one.scans) + len(one.volumes) for one in records)
    told = [reading.values for _record, reading in said(records)]
    assert 0.90 * scans < len(told) < scans
    assert {one["assessor"] for one in told} == {"Dr Reader (invented)"}
    assert all(one["scan"] <= one["date"] <= LAST_DAY and (one["date"] - one["scan"]).days < 12 for one in told)


def test_every_scan_of_a_phantom_is_read(records: Records) -> None:
    for one in records:
        if one.volumes:
            assert [reading.values["scan"] for reading in one.readings] == [volume.day for volume in one.volumes]


def test_a_first_scan_is_compared_with_none(records: Records) -> None:
    for record, reading in said(records):
        days = sorted([*(one.day for one in record.scans), *(one.day for one in record.volumes)])
        place = days.index(reading.values["scan"])
        assert reading.values["prior"] == (days[place - 1] if place else None)
        assert ("fibrosis_more" in reading.values) == bool(place)


def test_nothing_said_contradicts_itself(records: Records) -> None:
    for _record, reading in said(records):
        for denied, signs in CONTRADICTIONS.items():
            if reading.values.get(denied) == "no":
                assert not [sign for sign in signs if reading.values.get(sign) == "yes"]


def test_fibrosis_that_grows_is_seen_and_fibrosis_that_rests_is_not() -> None:
    def share(*fibrosis: float) -> float:
        days = [date(2020 + place, 5, 6) for place in range(len(fibrosis))]
        scans = [Seen(day, Extents(reticulation=value)) for day, value in zip(days, fibrosis, strict=True)]
        told = [
            reading.values["fibrosis_more"]
            for seed in range(200)
            for reading in readings.readings(np.random.default_rng(seed), scans, "UIP", LAST_DAY, all_read=True)[1:]
        ]
        return told.count("yes") / len(told)

    assert share(8.0, 10.5) > 0.98
    assert share(8.0, 8.0) < 0.02
    assert 0.3 < share(8.0, 8.8) < 0.7
    assert share(0.1, 0.7) == 0.0, "what is too little to be seen is not seen to grow"


def test_more_fibrosis_goes_with_signs_of_it(records: Records) -> None:
    more = [reading.values for _record, reading in said(records) if reading.values.get("fibrosis_more") == "yes"]
    assert len(more) > 60
    shown = Counter(name for one in more for name in SIGNS if one[name] == "yes")
    assert shown["reticulation_more"] > 0.8 * len(more)
    assert min(shown[name] for name in SIGNS) > 0
