"""The cohort in the database: complete, once, honest about what is invented."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from django.test import Client

from ildportal import access
from ildportal.demo import load, users
from ildportal.models import User
from ildportal.verdicts import verdicts_of
from patients import services
from patients.models import CTAssessment, DerivedValue, Patient, PFTFinding, PulmonaryFunctionTest, Source
from patients.services.findings import settle
from quant.models import LevelScore, Quantification, Run, State
from quant.selectors import measured
from tests.demo.conftest import LAST_DAY
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


def test_all_of_it_is_there(loaded: load.Loaded) -> None:
    assert loaded.fresh
    assert loaded.counts["patients"] == 120
    assert loaded.counts["pfts"] > 800
    assert loaded.counts["events"] > 80
    assert PulmonaryFunctionTest.objects.filter(derived=None, fvc_l__isnull=False).count() < 20


def test_a_second_load_changes_nothing(loaded: load.Loaded) -> None:
    again = load.load_cohort(say=pytest.fail)
    assert not again.fresh
    assert again.until == LAST_DAY
    assert again.counts == loaded.counts


def test_invented_numbers_say_so_and_hang_on_no_file(loaded: load.Loaded) -> None:
    numbers = Quantification.objects.select_related("series", "run")
    assert numbers.count() > 300
    assert all(one.is_simulated and one.run.engine == "simulated" for one in numbers)
    assert not numbers.exclude(series__instances=None).exists()
    assert set(Run.objects.values_list("state", flat=True)) == {State.DONE}
    assert LevelScore.objects.filter(source="measured").count() == 5 * numbers.count()


def test_patients_with_phantoms_have_no_simulated_numbers(loaded: load.Loaded) -> None:
    for code in ("SSc-0147", "SSc-0133", "IPF-0012"):
        patient = Patient.objects.get(code=code)
        assert not patient.ct_studies.exists()
        assert services.find_patient(load.ISSUER, code) == patient


def test_lesion_goes_with_fvc_as_published(loaded: load.Loaded) -> None:
    """Read as an analyst would: lesion % beside FVC % predicted of the nearest session within 90 days."""
    pairs = _pairs()
    together = np.array([pair for course in pairs for pair in course])
    assert -0.58 < np.corrcoef(together.T)[0, 1] < -0.42
    changes = np.array([np.subtract(course[-1], course[0]) for course in pairs if len(course) > 1])
    assert len(changes) > 90
    assert -0.50 < np.corrcoef(changes.T)[0, 1] < -0.30


def test_lung_function_at_entry_is_as_published(loaded: load.Loaded) -> None:
    for measure, mean, spread in (("FVC", 79.0, 18.0), ("DLCO-Hb", 58.0, 17.0)):
        values = DerivedValue.objects.filter(
            measure=measure, pft__patient__diagnoses__code="SSc-ILD", pft__patient__ssc_subset__gt=""
        ).order_by("pft__patient", "pft__date")
        first = list(values.distinct("pft__patient").values_list("percent_predicted", flat=True))
        assert abs(np.mean(first) - mean) < 4.0
        assert abs(np.std(first) - spread) < 4.0


def test_each_login_sees_its_sites(loaded: load.Loaded) -> None:
    seen = {
        name: access.patients_for(User.objects.get(username=name)).count()
        for name in ("clinician", "radiologist", "datamanager", "administrator")
    }
    assert seen["radiologist"] == seen["datamanager"] == seen["administrator"] == 120
    assert 70 < seen["clinician"] < 120


def test_the_clinician_sees_scans_of_new_patients(loaded: load.Loaded) -> None:
    """`make demo CT=/path`: who is not known yet belongs to the default site."""
    stranger = make_patient("ILD-0001", site=services.default_site())
    assert stranger in access.patients_for(User.objects.get(username="clinician"))


def test_the_clinician_opens_patient_after_patient(loaded: load.Loaded, client: Client) -> None:
    assert client.login(username="clinician", password=users.published_password("clinician"))
    assert client.get("/").status_code == 200
    for code in ("SSc-0147", "SSc-0058", "SSc-0001"):
        page = client.get(f"/patients/{code}/")
        assert page.status_code in {200, 404}
        assert page.status_code == 200 or Patient.objects.get(code=code).site.code == users.LAKESIDE


def test_accounts_that_are_there_keep_their_passwords(loaded: load.Loaded) -> None:
    clinician = User.objects.get(username="clinician")
    clinician.set_password("my own words here")
    clinician.save()
    logins = {login.name: login.password for login in users.ensure(published=True)}
    assert logins["clinician"] is None
    assert logins["radiologist"] == "demo-radiologist"


def test_readings_are_invented_like_all_the_rest(loaded: load.Loaded) -> None:
    told = CTAssessment.objects.select_related("study", "prior_study")
    assert len(told) > 350
    for one in told:
        assert one.source == Source.DEMO
        assert one.prior_study is None or one.prior_study.patient_id == one.study.patient_id


def test_ppf_2022_has_all_three_answers(loaded: load.Loaded) -> None:
    found = verdicts_of(Patient.objects.select_related("site"))
    states = Counter(str(verdict.state) for told in found.values() for verdict in told if verdict.rule == "PPF 2022")
    assert states["met"] >= 35
    assert states["not met"] >= 8
    assert 30 < states["indeterminate"] < 75, "years without a CT leave it open"


def test_three_slips_are_found_where_a_newcomer_sees_them(loaded: load.Loaded) -> None:
    found = PFTFinding.objects.filter(pft__patient__site__code="north", accepted_at=None).select_related("pft__patient")
    by_code = {one.code: one for one in found}
    assert by_code["unusual"].sentence == "Weight 373.7 kg is unusual: 25 to 250 kg is expected."
    assert "KCO x VA" in by_code["dlco_is_not_kco_va"].sentence
    twice = by_code["two_values_one_date"]
    assert twice.blocks
    sessions = PulmonaryFunctionTest.objects.filter(patient=twice.pft.patient, date=twice.pft.date)
    assert sessions.count() == 2
    assert not DerivedValue.objects.filter(pft__in=sessions, measure="FVC").exists()
    assert len({one.pft.patient_id for one in (by_code["unusual"], by_code["dlco_is_not_kco_va"], twice)}) == 3


def test_the_portal_would_have_taken_every_session_from_a_person(loaded: load.Loaded) -> None:
    """The cohort is stored in bulk, past the checks that files and forms go through."""
    for session in PulmonaryFunctionTest.objects.select_related("patient"):
        settle(session)


def test_findings_are_few(loaded: load.Loaded) -> None:
    """Or nobody would look at those that matter."""
    assert PFTFinding.objects.values("pft").distinct().count() < 12


def _pairs() -> list[list[tuple[float, float]]]:
    """Of each patient, oldest first: (lesion %, FVC % predicted)."""
    courses: dict[int, list[tuple[float, float]]] = {}
    fvc: dict[int, list[tuple[int, float]]] = {}
    values = DerivedValue.objects.filter(measure="FVC").select_related("pft")
    for value in values:
        fvc.setdefault(value.pft.patient_id, []).append((value.pft.date.toordinal(), value.percent_predicted))
    for patient, scans in measured(fvc).items():
        for scan in scans:
            day, lesion = scan.series.study.date, scan.lesion_percent
            assert day is not None
            assert lesion is not None
            near, percent = min(fvc[patient], key=lambda one: abs(one[0] - day.toordinal()))
            if abs(near - day.toordinal()) <= 90:
                courses.setdefault(patient, []).append((lesion, percent))
    return list(courses.values())
