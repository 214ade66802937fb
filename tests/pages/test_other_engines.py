"""The patient page with numbers of which an engine of others drew a part: said so, and joined with none of ours."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from patients.models import Site
from quant.models import Quantification
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
ENGINE = {"engine": "density+totalsegmentator", "engine_version": "0.3.0+2.4.0"}
FLAG = {"code": "drawn_by_others", "detail": "lungs and lobes drawn by totalsegmentator 2.4.0, which was not evaluated"}


@pytest.fixture
def said(owner: Client, bern: Site) -> str:
    patient = make_patient("SSc-0147", site=bern)
    make_measured_study(patient, date(2022, 3, 1), lesion=10.0)
    theirs = make_measured_study(patient, date(2024, 3, 1), lesion=20.0)
    missing: dict[str, Any] = {
        "lobe_confidence": None,
        "recovered_ml": None,
        "lobes_source": "external",
        "fissures": {},
    }
    Quantification.objects.filter(pk=theirs.pk).update(**ENGINE, **missing, warnings=[FLAG], severity_estimated=False)
    return words(owner.get("/patients/SSc-0147/"))


def test_it_names_both_engines_and_what_was_drawn(said: str) -> None:
    assert "density+totalsegmentator 0.3.0+2.4.0" in said
    assert "an engine of others drew lungs, lobes or patterns; ours measured (lungs and lobes drawn by" in said
    assert "Weights not told by the other engine" in said


def test_its_change_from_ours_is_marked_and_never_judged(said: str) -> None:
    assert "+10.0points beyond" not in said
    assert "no measurable change" not in said
    assert "another engine version" in said
