from __future__ import annotations

import time
from datetime import date

import pytest

from ildportal.demo import load


@pytest.mark.django_db
def test_load() -> None:
    t = time.time()
    found = load.load_cohort(date(2026, 11, 15), say=lambda line: print(line, round(time.time() - t, 2)))
    print(found, time.time() - t)
    assert load.last_day() == date(2026, 11, 15)
