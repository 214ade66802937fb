"""Two requests at the same moment leave one word of one reader."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from patients import services
from patients.models import CTAssessment, CTStudy
from tests.factories import make_patient, make_study

READERS = 4


@pytest.mark.django_db(transaction=True)
def test_the_same_word_sent_several_times_at_once_is_one() -> None:
    study = make_study(make_patient(), date(2024, 3, 4))
    start = Barrier(READERS)

    def send(_: int) -> bool:
        try:
            start.wait(timeout=30)
            own = CTStudy.objects.get(pk=study.pk)
            return services.assess_ct(own, assessor="R1", date=date(2024, 3, 5), fibrosis_more="yes")[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(READERS) as pool:
        new = list(pool.map(send, range(READERS)))
    assert sorted(new) == [False] * (READERS - 1) + [True]
    assert CTAssessment.objects.count() == 1
