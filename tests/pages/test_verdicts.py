"""Verdict and score cards as a clinician reads them."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from ildportal.pages.verdicts.rules import rule_card
from ildportal.pages.verdicts.words import MINUS, change, clear_of_limits, printed
from patients.histories import history
from patients.models import CTAssessment, Diagnosis, Patient, Site, SymptomAssessment
from patients.progression import inbuild
from patients.progression.settings import FvcBasis
from patients.progression.verdict import RULE_SET
from quant.engine.identity import ENGINE_NAME, ENGINE_VERSION, SIMULATED_ENGINE
from tests import courses
from tests.factories import make_patient, make_study
from tests.pages.reading import words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
CARD = r'<details class="verdict" id="verdict-{}"( open)?>(.*?)(?:<details class="verdict" |</section>)'


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def followed(patient: Patient) -> Patient:
    """Falls over five years, with worse symptoms at one visit."""
    courses.followed(patient)
    diagnosed(patient, "SSc-ILD")
    SymptomAssessment.objects.create(patient=patient, date=date(2023, 10, 21), dyspnoea="worse", cough="same")
    return patient


def diagnosed(patient: Patient, code: str) -> None:
    Diagnosis.objects.create(patient=patient, code=code, date=date(2019, 3, 1))


def sessions(patient: Patient, *visits: tuple[str, str]) -> None:
    courses.record_sessions(patient, tuple((day, fvc, "5.00", "A") for day, fvc in visits))


def card(response: Any, key: str) -> str:
    """The text of one card."""
    return _text(_card(response, key)[2])


def opened(response: Any) -> list[str]:
    return re.findall(r'<details class="verdict" id="verdict-([\w-]+)" open>', response.content.decode())


def badge(response: Any, key: str) -> tuple[str, str]:
    """(kind, word) of the answer."""
    found = re.search(r'class="badge badge--(\w+)">([^<]*)<', _card(response, key)[2])
    assert found
    return found[1], html.unescape(found[2])


def _card(response: Any, key: str) -> re.Match[str]:
    assert response.status_code == 200
    found = re.search(CARD.format(key), response.content.decode(), re.S)
    assert found, f"no card {key}"
    return found


def _text(source: str) -> str:
    spaced = re.sub(r"<(br|/t[dh]|/dt|/dd|/p|/li|/h4|/summary|/caption|span)\b[^>]*>", " ", source)
    return re.sub(r"\s+", " ", html.unescape(strip_tags(spaced))).strip()


def test_a_met_rule_shows_its_evidence(owner: Client, followed: Patient) -> None:
    page = owner.get(PATH)
    assert badge(page, "inbuild") == ("met", "Met")
    said = card(page, "inbuild")
    for part in (
        "INBUILD criterion met on 2023-10-21: FVC fell by 9.5 % (relative)",
        "Ever met met, first on 2023-10-21 At the latest visit, 2024-08-13 met Confirmed yes, on 2024-08-13",
        "FVC ≥ 10 % down, relative not met 75.5 → 68.3 % \u22127.1 points, \u22129.5 % relative",
        "% relative 2021-11-07 to 2023-10-21 On the other basis",
        "On the other basis (FVC in litres) the change is \u221210.9 %: met",
        "Symptoms worse met Symptoms were worse on 2023-10-21 (dyspnoea)",
        "More fibrosis on CT not needed",
        "Window 24 months; visits at least 90 days apart. 28 comparisons.",
        f"Rules {RULE_SET}. Flaherty et al., N Engl J Med 2019;381:1718\u201327. Defined in docs/rules.md, “INBUILD”.",
    ):
        assert part in said, part
    assert "as of 2024-08-13" in words(page)


def test_what_is_open_says_what_would_settle_it(owner: Client, followed: Patient) -> None:
    page = owner.get(PATH)
    assert badge(page, "ppf-2022") == ("indet", "Indeterminate")
    said = card(page, "ppf-2022")
    settle = said[said.index("What would settle it") :]
    assert "A reader's assessment of a CT between 2024-02-15 and 2024-08-13" in settle
    assert settle.index("A reader's assessment") < settle.index("Also open")
    assert "Fibrosis on CT unknown Not recorded" in said


def test_a_readers_word_settles_it(owner: Client, followed: Patient) -> None:
    last, day = followed.ct_studies.get(date=date(2024, 3, 4)), date(2024, 7, 1)
    SymptomAssessment.objects.create(patient=followed, date=date(2024, 8, 13), dyspnoea="worse", cough="same")
    CTAssessment.objects.create(
        study=make_study(followed, day), prior_study=last, assessor="R1", date=day,
        fibrosis_present="yes", alternative_explanation="no", reticulation_more="yes",
    )  # fmt: skip
    page = owner.get(PATH)
    assert badge(page, "ppf-2022") == ("met", "Met")
    assert "the reader saw reticulation more extensive or coarser" in card(page, "ppf-2022")


def test_at_most_two_are_open_at_first(owner: Client, followed: Patient) -> None:
    assert opened(owner.get(PATH)) == ["inbuild", "ppf-2022"]


def test_what_is_not_met_stays_closed(owner: Client, patient: Patient) -> None:
    sessions(patient, ("2022-03-01", "2.50"), ("2022-09-01", "2.50"), ("2023-03-01", "2.51"))
    page = owner.get(PATH)
    assert badge(page, "omeract") == ("notmet", "Not met")
    assert "omeract" not in opened(page)
    assert "OMERACT not met in any of 3 comparisons" in card(page, "omeract")
    assert badge(page, "eustar") == ("notmet", "Stable")
    assert badge(page, "relief") == ("notmet", "Not met")


def test_a_decline_that_is_over_is_not_shown_as_one_of_today(owner: Client, patient: Patient) -> None:
    sessions(patient, ("2019-03-01", "2.80"), ("2020-03-01", "2.40"), ("2021-03-05", "2.45"), ("2022-03-05", "2.46"))
    page = owner.get(PATH)
    assert badge(page, "omeract") == ("earlier", "Met earlier")
    assert "At the latest visit, 2022-03-05 not met" in card(page, "omeract")
    assert "Confirmed yes, on 2021-03-05" in card(page, "omeract")
    assert badge(page, "eustar") == ("earlier", "Significant decline earlier")
    assert "Worst in a year significant decline, first on 2020-03-01" in card(page, "eustar")


def test_the_answers_in_short_lead_to_the_cards(owner: Client, followed: Patient) -> None:
    source = owner.get(PATH).content.decode()
    strip = re.search(r'<ul class="panel verdict-strip".*?</ul>', source, re.S)
    assert strip
    links = re.findall(r'href="#([\w-]+)"', strip[0])
    assert links == [
        f"verdict-{one}" for one in ("inbuild", "ppf-2022", "omeract", "erice-2020", "eustar", "relief", "goh")
    ]
    assert all(f'id="{one}"' in source for one in links)
    assert "Moderate decline" in strip[0]


def test_nothing_on_record(owner: Client, patient: Patient) -> None:
    page = words(owner.get(PATH))
    assert "Nothing to judge yet." in page
    assert "Staging and prognosis" not in page


def test_values_that_were_not_used_are_named(owner: Client, followed: Patient) -> None:
    page = words(owner.get(PATH))
    assert "1 value not used FVC of 2024-03-04: quality grade D" in page


def test_goh_stage_with_its_ct_and_its_fvc(owner: Client, followed: Patient) -> None:
    page = owner.get(PATH)
    assert badge(page, "goh") == ("met", "Extensive")
    said = card(page, "goh")
    source = f"measured on the label maps, {ENGINE_NAME} {ENGINE_VERSION}"
    assert f"Extent on CT 10\u201330 % 28.8 % CT of 2024-03-04, {source} mean of five levels" in said
    assert "The extent: trained on synthetic patterns; research use, not clinically validated." in said
    assert "FVC % predicted < 70 % 63.9 %" in said
    assert "Hazard ratio of death against limited 3.46 (95 % CI 2.19 to 5.46)" in said
    assert "lung function of 2024-08-13" in words(page)


def test_points_and_what_they_count(owner: Client, followed: Patient) -> None:
    page = owner.get(PATH)
    assert badge(page, "ild-gap") == ("plain", "0 points")
    said = card(page, "ild-gap")
    assert "1-year mortality 3.1 %" in said
    assert "ILD subtype \u22122 CTD" in said
    assert "Age 0 58.2 years" in said
    assert "Made for IPF; the diagnosis is SSc-ILD." in card(page, "gap")
    assert "Made for" not in said


def test_a_score_that_lacks_something(owner: Client, followed: Patient) -> None:
    page = owner.get(PATH)
    assert badge(page, "du-bois") == ("indet", "Indeterminate")
    said = card(page, "du-bois")
    assert "13 to 34 points" in said
    assert "What would settle it 24-week change of FVC % predicted" in said
    assert "24-week change of FVC % predicted 0 to 21 missing" in said


def test_dlco_of_another_day_says_which(owner: Client, patient: Patient) -> None:
    sessions(patient, ("2023-01-01", "2.50"))
    courses.record_sessions(patient, (("2023-04-01", "2.45", None, "A"),))
    assert "DLCO % predicted 3 could not perform" in card(owner.get(PATH), "gap")
    patient.pfts.filter(date=date(2023, 4, 1)).update(dlco_not_done_reason="not ordered")
    assert re.search(r"DLCO % predicted \d [\d.]+ % of 2023-01-01", card(owner.get(PATH), "gap"))


def test_invented_numbers_stage_nobody_and_that_is_said(owner: Client, patient: Patient) -> None:
    courses.scan(patient, courses.SCANS[-1], engine=SIMULATED_ENGINE, version="1")
    courses.record_sessions(patient, courses.SESSIONS[-2:])
    page = owner.get(PATH)
    assert "Simulated 1 CT with invented numbers counts for no verdict and no score." in words(page)
    assert badge(page, "goh") == ("indet", "Not classifiable")
    assert "it lacks the extent of disease on CT" in card(page, "goh")


def test_what_a_person_wrote_is_text(owner: Client, patient: Patient) -> None:
    sessions(patient, ("2023-01-01", "2.50"), ("2024-01-01", "2.49"))
    earlier, day = make_study(patient, date(2023, 1, 2)), date(2024, 1, 1)
    CTAssessment.objects.create(
        study=make_study(patient, day), prior_study=earlier, assessor="<b>R1</b>", date=day, fibrosis_more="yes"
    )
    source = owner.get(PATH).content.decode()
    assert "&lt;b&gt;R1&lt;/b&gt;" in source
    assert "<b>R1</b>" not in source


@pytest.mark.parametrize(
    ("value", "shown"), [(-9.96, "-9.96"), (-9.999, "-9.999"), (-10.0, "-10.0"), (2.04, "+2.0"), (0.0, "±0.0")]
)
def test_a_change_stays_on_its_side_of_the_limit(value: float, shown: str) -> None:
    assert change(value) == shown.replace("-", MINUS)


@pytest.mark.parametrize(
    ("value", "shown"), [(60.04, "60.04"), (59.96, "59.96"), (65.99, "65.99"), (73.002, "73.0"), (-10.01, "-10.01")]
)
def test_an_item_stays_on_its_side_of_the_limit(value: float, shown: str) -> None:
    assert clear_of_limits(value) == shown.replace("-", MINUS)


def test_dashes() -> None:
    said = printed("FVC fell by -5 points (-4.5), 20-30 % on 2024-08-13; 1-year, GLI-2017, Hb-corrected")
    assert said.startswith("FVC fell by \u22125 points (\u22124.5), 20\u201330\xa0% on 2024-08-13")
    assert said.endswith("; 1-year, GLI-2017, Hb-corrected")


def test_litres_have_two_decimals(patient: Patient) -> None:
    sessions(patient, ("2022-03-01", "2.50"), ("2023-03-01", "2.25"))
    patient = Patient.objects.select_related("site").get(pk=patient.pk)
    settings = replace(inbuild.RULE.settings, fvc_basis=FvcBasis.LITRES, tolerance_days=14)
    made = rule_card(inbuild.evaluate(history(patient), settings))
    row = made.tables[0].rows[0]
    assert (row.said, row.change) == ("2.50 → 2.25 L", "\u22120.25 L, \u221210.0\xa0% relative")
    assert "Window 24 months; and 14 days" in made.basis
