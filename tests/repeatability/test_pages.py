"""With limits on record a change is news only beyond them; rules take the engine's word by the same limits."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from ildportal.models import User
from ildportal.verdicts import verdicts_of
from patients.models import Patient, Site, SymptomAssessment
from patients.progression.verdict import Verdict
from quant.engine import identity
from tests import courses
from tests.factories import make_measured_study, make_patient
from tests.pages.conftest import signed_in
from tests.pages.reading import line, words
from tests.repeatability.limits import known

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
ENGINE = f"{identity.ENGINE_NAME} {identity.ENGINE_VERSION}"
FIRST, LAST = date(2023, 3, 4), date(2024, 3, 1)


@pytest.fixture
def owner(quick_passwords: None, member: User) -> Client:
    return signed_in(member)


@pytest.fixture
def patient(bern: Site) -> Patient:
    """FVC falls by 6.7 %, symptoms stay, fibrosis goes from 4 to 8 % of the lungs."""
    made = make_patient("SSc-0147", site=bern)
    courses.record_sessions(made, (("2023-03-04", "2.400", "5.00", "A"), ("2024-03-01", "2.240", "4.90", "A")))
    SymptomAssessment.objects.create(patient=made, date=LAST, dyspnoea="same", cough="same")
    for day, fibrosis, lesion in ((FIRST, 4.0, 17.8), (LAST, 8.0, 23.2)):
        make_measured_study(made, day, fibrosis_percent=fibrosis, lesion=lesion)
    return made


def inbuild(patient: Patient) -> Verdict:
    people = Patient.objects.select_related("site").filter(pk=patient.pk)
    (found,) = verdicts_of(people).values()
    return next(one for one in found if one.rule == "INBUILD")


def test_without_a_limit_the_rule_is_open(patient: Patient) -> None:
    known(lesion_percent=0.5)
    verdict = inbuild(patient)
    assert verdict.state == "indeterminate"
    assert "the engine's repeatability limit is not known" in verdict.latest_evidence[3].words


def test_beyond_the_limit_the_engine_meets_the_criterion(patient: Patient) -> None:
    known(fibrosis_percent=3.9)
    verdict = inbuild(patient)
    assert verdict.state == "met"
    evidence = verdict.evidence[3]
    assert (evidence.result, evidence.basis) == (True, f"engine {ENGINE}, fibrosis %")
    assert "fibrosis rose from 4.0 to 8.0 % of the lungs" in evidence.words
    assert "repeatability limit 3.9 points" in evidence.words


def test_within_the_limit_it_is_not_met(patient: Patient) -> None:
    known(fibrosis_percent=4.0)
    verdict = inbuild(patient)
    assert (verdict.state, verdict.latest_evidence[3].result) == ("not met", False)


def test_the_limit_of_another_version_does_not_count(patient: Patient) -> None:
    known(fibrosis_percent=1.0)
    for study in patient.ct_studies.all():
        study.series.get().quantifications.update(engine_version="0.0.9")
    assert inbuild(patient).state == "indeterminate"


def test_the_card_says_by_which_engine_and_limit(owner: Client, patient: Patient) -> None:
    before = words(owner.get(PATH))
    assert f"by a reader's word alone: no repeatability limit of fibrosis % by {ENGINE} is known." in before
    known(fibrosis_percent=3.9)
    page = words(owner.get(PATH))
    assert f"By {ENGINE}, whose repeatability limit is 3.9 points" in page
    assert f"else by {ENGINE}: a rise of more than its repeatability limit, 3.9 points" in page


def test_beyond_is_boxed_and_within_is_no_measurable_change(owner: Client, patient: Patient) -> None:
    known(lesion_percent=5.4, fibrosis_percent=1.2)
    source = owner.get(PATH).content.decode()
    assert '<span class="beyond change--worse">+4.0</span>' in source
    assert '<span class="change--none">+5.4</span>' in source, "as large as the limit is not beyond it"
    assert "no measurable change (limit 5.4)" in source
    said = words(owner.get(PATH))
    assert f"One on CT that is larger than the repeatability limit of {ENGINE} is boxed" in said
    assert "no repeatability limit is known" not in said


def test_a_fall_beyond_the_limit_is_better_but_volume_is_neither(owner: Client, patient: Patient) -> None:
    known(lesion_percent=1.0, lung_volume_ml=10)
    make_measured_study(patient, date(2024, 9, 1), lesion=12.0, volume=3000.0)
    source = owner.get(PATH).content.decode()
    assert '<span class="beyond change--better">\u221211.2</span>' in source
    assert '<span class="beyond change--none">\u2212412</span>' in source


def test_the_worklist_too(owner: Client, patient: Patient) -> None:
    known(lesion_percent=1.0)
    page = owner.get("/")
    assert '<span class="beyond change--worse">+5.4</span>' in page.content.decode()
    assert "boxed: beyond the repeatability limit" in words(page)
    known(lesion_percent=6.0)
    assert "+5.4 no measurable change" in line(owner.get("/"), "2024-03-01")


def test_across_engines_and_in_doubt_nothing_is_judged(owner: Client, patient: Patient) -> None:
    known(lesion_percent=1.0)
    make_measured_study(patient, date(2024, 9, 1), lesion=40.0, accepted=False)
    source = owner.get(PATH).content.decode().split('id="cts-live"')[0]
    assert '<span class="change--none">+16.8</span><span class="unit">points</span> ‡' in source
    assert "beyond" not in source
    assert "no measurable change (" not in source


def test_an_engine_without_fibrosis_says_where_it_goes(owner: Client, patient: Patient) -> None:
    sentence = "This engine does not tell fibrosis apart: it counts as ground glass."
    assert sentence not in words(owner.get(PATH))
    make_measured_study(patient, date(2024, 9, 1))
    assert sentence in words(owner.get(PATH))
    make_measured_study(make_patient("SSc-0148", site=patient.site), engine="simulated")
    assert sentence not in words(owner.get("/patients/SSc-0148/"))
