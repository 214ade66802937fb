"""From the database to the verdicts: what is on record is what the rules read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ildportal.verdicts import verdicts_of
from patients import services
from patients.histories import histories, history
from patients.models import CTAssessment, Diagnosis, Patient, SymptomAssessment
from patients.progression.history import Symptoms
from patients.progression.verdict import Verdict
from tests.factories import make_measured_study, make_patient, make_pft, make_site

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2023, 3, 4), date(2024, 3, 1)


def visit(patient: Patient, day: date, fvc: str, **facts: object) -> None:
    fev1 = Decimal(fvc) * Decimal("0.8")
    services.derive(make_pft(patient, day, fvc_l=Decimal(fvc), fev1_l=fev1, **facts))


def of(patient: Patient, rule: str, **asked: object) -> Verdict:
    (found,) = verdicts_of([patient], **asked).values()  # type: ignore[arg-type]
    return next(one for one in found if one.rule == rule)


def test_a_history_holds_what_is_on_record() -> None:
    patient = make_patient()
    visit(patient, FIRST, "2.400", quality_fvc="B")
    visit(patient, FIRST, "2.600", bronchodilator="post")
    SymptomAssessment.objects.create(patient=patient, date=LAST, dyspnoea="worse", mmrc=2)
    Diagnosis.objects.create(patient=patient, code="IPF", date=FIRST)
    Diagnosis.objects.create(patient=patient, code="SSc-ILD", date=LAST)
    found = history(patient)
    assert [(one.fvc_l, one.bronchodilator) for one in found.pfts] == [(2.4, "pre"), (2.6, "post")]
    first = found.pfts[0]
    assert (first.fvc_set, first.dlco_set, first.quality_fvc) == ("GLI-Global-2022", "GLI-2017", "B")
    stored = {one.measure: one.percent_predicted for one in patient.pfts.get(bronchodilator="pre").derived.all()}
    assert (first.fvc_percent, first.dlco_percent, first.dlco_hb_percent) == (
        stored["FVC"],
        stored["DLCO"],
        stored["DLCO-Hb"],
    )
    assert found.symptoms == (Symptoms(LAST, "worse", "unknown", 2),)
    assert found.diagnosis == "SSc-ILD"


def test_symptoms_known_to_the_month_stand_in_its_middle_and_the_verdict_says_so() -> None:
    patient = make_patient()
    visit(patient, FIRST, "2.400")
    visit(patient, LAST, "2.240")
    SymptomAssessment.objects.create(patient=patient, date=date(2024, 2, 1), date_precision="month", cough="worse")
    (told,) = history(patient).symptoms
    assert (told.date, told.between) == (date(2024, 2, 15), (date(2024, 2, 1), date(2024, 2, 29)))
    verdict = of(patient, "INBUILD")
    assert verdict.state == "met"
    assert "symptoms were worse about 2024-02-15 (cough)" in verdict.sentence


def test_percent_predicted_is_of_the_set_of_the_site() -> None:
    site = make_site("basel", "Basel")
    patient = make_patient(site=site, ethnicity_gli=1)
    visit(patient, FIRST, "2.400")
    site.spirometry_set = "GLI-2012"
    site.save()
    patient = Patient.objects.select_related("site").get(pk=patient.pk)
    assert history(patient).pfts[0].fvc_percent is None
    services.derive_patient(patient)
    now = history(patient).pfts[0]
    assert now.fvc_set == "GLI-2012"
    assert now.fvc_percent == patient.pfts.get().derived.get(measure="FVC", equation_set="GLI-2012").percent_predicted


def test_the_latest_word_of_each_reader_counts() -> None:
    patient = make_patient()
    old, new = (make_measured_study(patient, day).series.study for day in (FIRST, LAST))
    said = {"study": new, "prior_study": old, "assessor": "Dr Read"}
    CTAssessment.objects.create(**said, date=date(2024, 3, 2), fibrosis_more="yes")
    CTAssessment.objects.create(**said, date=date(2024, 4, 2), fibrosis_more="no", fibrosis_present="yes")
    (reading,) = history(patient).readings
    assert (reading.date, reading.prior, reading.reader) == (LAST, FIRST, "Dr Read")
    assert (reading.fibrosis_more, reading.fibrosis_present, reading.honeycombing_more) == (False, True, None)


def test_the_engine_decides_only_with_a_limit_and_never_by_invented_numbers() -> None:
    patient = make_patient()
    visit(patient, FIRST, "2.400")
    visit(patient, LAST, "2.240")
    SymptomAssessment.objects.create(patient=patient, date=LAST, dyspnoea="same", cough="same")
    for day, fibrosis in ((FIRST, 4.0), (LAST, 8.0)):
        make_measured_study(patient, day, fibrosis_percent=fibrosis)
    assert of(patient, "INBUILD").state == "indeterminate"
    verdict = of(patient, "INBUILD", limit=2.0)
    assert verdict.state == "met"
    assert "fibrosis rose from 4.0 to 8.0 % of the lungs" in verdict.sentence
    assert of(patient, "INBUILD", limit=4.0).state == "not met"


def test_simulated_measures_are_left_out_unless_asked_for() -> None:
    patient = make_patient()
    visit(patient, FIRST, "2.400")
    visit(patient, LAST, "2.240")
    for day, fibrosis in ((FIRST, 4.0), (LAST, 8.0)):
        make_measured_study(patient, day, fibrosis_percent=fibrosis, engine="simulated")
    assert of(patient, "INBUILD", limit=2.0).state == "indeterminate"
    assert of(patient, "INBUILD", limit=2.0, simulated=True).state == "met"


def test_many_patients_cost_no_more_queries_than_one() -> None:
    people = [make_patient() for _ in range(3)]
    for one in people:
        visit(one, FIRST, "2.400")
        make_measured_study(one, FIRST)
    some = list(Patient.objects.select_related("site").filter(pk__in=[one.pk for one in people]))
    counts = []
    for chosen in (some[:1], some):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(histories(chosen)) == len(chosen)
            verdicts_of(chosen)
        counts.append(len(queries))
    assert counts[0] == counts[1]
