"""The patient page as a member of the site reads it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from patients.models import Antibody, ClinicalEvent, Diagnosis, Patient, Site, Treatment
from quant.engine import identity
from quant.models import LobeMeasure, State
from tests.factories import (
    make_measured_study,
    make_patient,
    make_pft,
    make_quantification,
    make_run,
    make_series,
    make_study,
)
from tests.pages.reading import line, words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
ENGINE = f"{identity.ENGINE_NAME} {identity.ENGINE_VERSION}"
MOST_QUERIES = 34
UNDERIVED = "— [No % predicted: not computed for this session yet] % predicted"


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def test_nothing_on_record(owner: Client, bern: Site) -> None:
    make_patient("SSc-0147", site=bern, birth_date=None, sex="", smoking="", ssc_subset="")
    page = words(owner.get(PATH))
    for reason in (
        "Sex not recorded", "Birth date not recorded", "No diagnosis recorded", "No antibody result recorded",
        "Smoking not recorded", "No ongoing treatment recorded", "No CT with a date has been measured yet",
        "No lung function session on record",
    ):  # fmt: skip
        assert f"— [{reason}]" in page, reason
    for empty in ("No CT yet.", "No lung function session yet.", "No treatment recorded.", "No event recorded."):
        assert empty in page


def test_who_it_is(owner: Client, patient: Patient) -> None:
    patient.smoking, patient.pack_years = "former", Decimal("12.0")
    patient.save()
    for day, code in ((date(2019, 1, 1), "unclassifiable"), (date(2021, 3, 1), "SSc-ILD")):
        Diagnosis.objects.create(
            patient=patient, code=code, date=day, date_precision="month", confidence="definite", decided_by="mdt"
        )
    Antibody.objects.create(patient=patient, code="Ro52", result="positive", date=date(2020, 1, 1))
    Antibody.objects.create(patient=patient, code="Ro52", result="negative", date=date(2021, 1, 1))
    Antibody.objects.create(
        patient=patient, code="anti-Scl-70", result="positive", titre=Decimal("240.000"), titre_unit="U/mL"
    )
    page = words(owner.get(PATH))
    assert "Diagnosis SSc-ILD, diffuse cutaneous, definite (2021-03, MDT)" in page
    assert "unclassifiable" not in page
    assert "Antibodies anti-Scl-70 positive (240 U/mL), Ro52 negative" in page
    assert "Smoking former, 12 pack-years" in page
    assert "Site Bern" in page


def test_names_and_identifiers_are_not_on_the_page(owner: Client, bern: Site) -> None:
    make_patient("SSc-0147", site=bern, family_name="Muster", given_name="Anna")
    assert not re.search("Muster|Anna", words(owner.get(PATH)))


def test_key_numbers_with_date_unit_and_changes(owner: Client, patient: Patient) -> None:
    for day, lesion, volume in ((date(2021, 3, 16), 11.5, 3804.0), (date(2023, 5, 8), 17.8, 3120.4)):
        make_measured_study(patient, day, lesion=lesion, volume=volume)
    make_measured_study(patient, lesion=23.2, volume=3412.4)
    for day, fvc, dlco in ((date(2021, 3, 16), "2.510", "5.01"), (date(2024, 3, 4), "1.980", "3.48")):
        make_pft(patient, day, fvc_l=Decimal(fvc), fev1_l=Decimal("1.2"), dlco_mmol_min_kpa=Decimal(dlco))
    page = words(owner.get(PATH))
    for key in (
        "Total lung volume 3\u202f412mL 2024-03-04 baseline 2021-03-16 \u2212392mL last 2023-05-08 +292mL",
        "Lesion % (TLV%) 23.2% 2024-03-04 baseline 2021-03-16 +11.7points last 2023-05-08 +5.4points",
        "GGO 20.9% 2024-03-04",
        "Consolidation 2.3% 2024-03-04",
        f"Fibrosis % — [Not measured by {ENGINE}] Not measured by {ENGINE} Severity",
        "Severity 12/ 25est. confidence 0.20, 2024-03-04 baseline 2021-03-16 +2 last 2023-05-08 +1",
        f"FVC 1.98L {UNDERIVED} 2024-03-04 baseline 2021-03-16 \u22120.53L last 2021-03-16 \u22120.53L",
        f"DLCO 3.48mmol/min/kPa {UNDERIVED} 2024-03-04 baseline 2021-03-16 \u22121.53 last 2021-03-16 \u22121.53",
    ):
        assert key in page, key
    assert f"CT numbers: engine {ENGINE}, CT of 2024-03-04" in page
    assert "severity is estimated" in page


def test_changes_across_engines_and_doubtful_numbers_are_marked(owner: Client, patient: Patient) -> None:
    old = make_series(make_study(patient, date(2021, 3, 16)))
    make_quantification(old, run=make_run(old, engine_version="0.0.9"), lesion=11.5)
    make_measured_study(patient, date(2023, 5, 8), lesion=17.8, accepted=False)
    make_measured_study(patient, lesion=23.2)
    make_pft(patient, date(2023, 5, 8), quality_fvc="D", fvc_l=Decimal("2.14"))
    make_pft(patient)
    page = words(owner.get(PATH))
    assert "baseline 2021-03-16 +11.7points † last 2023-05-08 +5.4points ‡" in page
    assert "baseline 2023-05-08 \u22120.16L ‡" in page
    assert "baseline 2023-05-08 ±0.00 last" in page, "DLCO of that day was of good quality"


def test_a_ct_still_waiting_is_named_beside_older_numbers(owner: Client, patient: Patient) -> None:
    make_measured_study(patient)
    make_run(make_series(make_study(patient, date(2024, 9, 23))), State.QUEUED)
    page = words(owner.get(PATH))
    assert "The CT of 2024-09-23 has no numbers (waiting)." in page
    assert "CT 2024-09-23: no numbers yet" in page
    assert line(owner.get(PATH), "2024-09-23").startswith("2024-09-23 Waiting")


def test_every_number_of_a_ct(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient, ground_glass_low=15.2, ground_glass_high=18.8)
    answer = owner.get(PATH)
    for name, said in (
        ("Right lung", "1\u202f843mL"), ("Left lung", "1\u202f570mL"), ("Dense disease recovered", "38mL"),
        ("Vessels", "154mL"), ("Mean density", "\u2212742HU"), ("High attenuation", "14.2%"),
        ("Low attenuation", "1.1%"), ("15th percentile", "\u2212911HU"), ("Skewness", "1.92"), ("Kurtosis", "3.41"),
        ("GGO (ground glass)", "580.4 17.0 15.2\u201318.8"),
        ("Consolidation", "64.5 1.9 — [This engine gives no bounds]"),
        ("Honeycombing", f"— [Not measured by {ENGINE}]"), ("Emphysema", "13.6 0.4"),
        ("Lesion % (TLV%)", "18.9"), ("Fibrosis %", f"— [Not measured by {ENGINE}]"), ("ILD %", "—"),
        ("RLL", "887 245.1 27.6 3"),
    ):  # fmt: skip
        assert said in line(answer, name), name
    page = words(answer)
    assert f"Engine {ENGINE} on cpu" in page
    assert "Time taken 9.5s, lungs 4.2, patterns 2.6, reading 1.9, lobes 0.8 Weights none" in page
    assert "Settings used" in page
    assert f"severity_scheme {identity.SETTINGS['severity_scheme']}" in page
    assert "Why this series Series 3: axial, 1 mm" in page
    assert f'id="ct-{made.series.study_id}"' in answer.content.decode()


def test_lobes_from_a_prior_are_said_to_be_so(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient)
    assert "Lobes, estimated from a prior, not from fissures seen; confidence 0.20 of 1." in words(owner.get(PATH))
    made.lobes_source = "fissures"
    made.save()
    assert "Lobes, from fissures; confidence" in words(owner.get(PATH))


def test_a_lobe_that_could_not_be_measured(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient, severity_total=None)
    LobeMeasure.objects.filter(quantification=made, region="RML").update(
        ml=None, lesion_ml=None, lesion_percent=None, severity=None
    )
    answer = owner.get(PATH)
    assert "— [This lobe could not be measured]" in line(answer, "RML")
    assert "Severity — [Not given: at least one lobe could not be measured]" in words(answer)


def test_quality_flags_say_what_they_mean(owner: Client, patient: Patient) -> None:
    series = make_series(make_study(patient), quality_codes=["thick", "contrast", "something_new"])
    make_quantification(series, accepted=False, warnings=[{"code": "contrast", "detail": "agent Iomeron"}])
    page = words(owner.get(PATH))
    assert "Thick: slices thicker than 3.0 mm blur small lesions" in page
    assert "Contrast: contrast medium: vessels and tissue measure denser (agent Iomeron)" in page
    assert "Something new: see the intake documentation" in page
    assert "The engine does not vouch for these numbers" in page


def test_a_failed_ct_says_why_and_can_be_retried(owner: Client, patient: Patient) -> None:
    make_run(make_series(make_study(patient)), State.FAILED)
    make_series(patient.ct_studies.get(), number=7, chosen=False, choice_reason="coronal slices")
    said = line(owner.get(PATH), "2024-03-04")
    assert "Failed" in said
    assert "Lung mask failed: 1 lung found, 2 expected." in said
    assert "Retry" in said
    assert "Series 7, Lung 1.0 mm: coronal slices" in words(owner.get(PATH))


def test_lung_function_sessions(owner: Client, patient: Patient) -> None:
    make_pft(patient, date(2022, 10, 11), dlco_mmol_min_kpa=None, dlco_not_done_reason="could not perform")
    make_pft(patient, date(2023, 5, 8), quality_fvc="D", tlc_l=None, rv_l=None)
    make_pft(patient, date(2023, 5, 8), bronchodilator="post", fvc_l=Decimal("2.2"))
    answer = owner.get(PATH)
    assert "1.98 1.64 82.8 — [Could not perform] 1.05" in line(answer, "2022-10-11 1.98")
    assert "1.98 ‡ 1.64 82.8 3.48 1.05 3.31 — [Not in this session]" in line(answer, "D, A")
    assert "2023-05-08 after bronchodilator 2.20" in line(answer, "after bronchodilator")
    page = words(answer)
    assert f"FVC 1.98L‡ {UNDERIVED} 2023-05-08" in page, "a key number is from before the bronchodilator"
    assert "last 2022-10-11 ±0.00L ‡" in page


def test_without_a_dlco_its_reason_is_said(owner: Client, patient: Patient) -> None:
    make_pft(patient, dlco_mmol_min_kpa=None, dlco_not_done_reason="refused")
    assert "DLCO — [DLCO not done: refused]" in words(owner.get(PATH))


def test_course(owner: Client, patient: Patient) -> None:
    for dose, start, stop in (("2.000", date(2021, 4, 1), date(2023, 9, 1)), ("3.000", date(2023, 9, 1), None)):
        Treatment.objects.create(
            patient=patient, drug="mycophenolate", dose=Decimal(dose), unit="g/day", start=start, stop=stop,
            start_precision="month",
        )  # fmt: skip
    Treatment.objects.create(patient=patient, drug="other", drug_text="baricitinib", start=date(2020, 1, 1))
    ClinicalEvent.objects.create(
        patient=patient, type="acute exacerbation", certainty="suspected", date=date(2022, 1, 14), text="<i>ICU</i>"
    )
    patient.transplant_date, patient.death_date, patient.death_precision = date(2024, 1, 2), date(2024, 5, 1), "month"
    patient.death_cause = "respiratory failure"
    patient.save()
    answer = owner.get(PATH)
    page = words(answer)
    assert "Now on mycophenolate 3 g/day, baricitinib" in page
    assert "Died 2024-05" in page
    assert line(answer, "3 g/day") == "Mycophenolate 3 g/day 2023-09 ongoing"
    assert line(answer, "2 g/day") == "Mycophenolate 2 g/day 2021-04 2023-09-01"
    assert line(answer, "Baricitinib") == "Baricitinib — [Dose not recorded] 2020-01-01 ongoing"
    assert line(answer, "exacerbation") == "2022-01-14 Acute exacerbation (suspected) <i>ICU</i>"
    order = [page.index(word) for word in ("2024-05 Death", "2024-01-02 Lung transplant", "2022-01-14 Acute")]
    assert order == sorted(order)


@pytest.mark.parametrize("visits", [1, 12])
def test_queries_do_not_grow_with_the_visits(
    owner: Client, patient: Patient, visits: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for year in range(visits):
        make_measured_study(patient, date(2010 + year, 1, 1))
        make_pft(patient, date(2010 + year, 1, 1))
    with django_assert_max_num_queries(MOST_QUERIES):
        assert f"{visits} stud" in words(owner.get(PATH))
