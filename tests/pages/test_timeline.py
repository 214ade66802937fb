"""The timeline in words, numbers and data: what stands there without the charts being drawn."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from ildportal.vendored import plotly_js
from patients import services
from patients.models import ClinicalEvent, Patient, Site, Treatment
from quant import album
from quant.album import Album, Picture
from quant.engine import identity
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import LevelScore, LobeMeasure, State
from tests import courses
from tests.factories import make_measured_study, make_patient, make_pft, make_run, make_series, make_study
from tests.pages.reading import chart, chart_lines, words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
ENGINE = f"{identity.ENGINE_NAME} {identity.ENGINE_VERSION}"
MOST_QUERIES = 34


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


@pytest.fixture
def followed(patient: Patient) -> Patient:
    courses.followed(patient)
    return patient


def data(client: Client) -> dict[str, Any]:
    """What static/timeline.js reads."""
    found = re.search(r'<script id="timeline-data"[^>]*>(.*?)</script>', client.get(PATH).content.decode(), re.S)
    assert found

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    read: dict[str, Any] = json.loads(found[1], parse_constant=refuse)
    return read


def test_nothing_dated(owner: Client, patient: Patient) -> None:
    answer = owner.get(PATH)
    assert "Nothing dated yet." in words(answer)
    assert b"plotly" not in answer.content, "the library is not loaded for nothing"


def test_key_numbers_in_percent_predicted(owner: Client, followed: Patient) -> None:
    page = words(owner.get(PATH))
    assert "FVC 63.9% 1.98 L, z \u22122.21, 2024-08-13 baseline 2019-03-09 \u221217.4points" in page
    assert "last 2024-03-04 \u22123.3points ‡ DLCO 52.5% 3.48 mmol/min/kPa, z \u22123.87, 2024-08-13" in page
    assert "Goh extent (TOT) 28.8% mean of five levels, 2024-03-04 baseline 2019-03-16 +16.2points †" in page
    assert "Fibrosis % 9.7% 2024-03-04 baseline 2019-03-16 +5.2points † last 2023-06-16 +1.9points" in page


def test_lung_function_in_words(owner: Client, followed: Patient) -> None:
    said = chart(owner.get(PATH), "function")
    assert "up = better" in said
    assert "FVC 63.9 % predicted on 2024-08-13, \u221217.4 points since 2019-03-09, \u22123.3 points‡ since" in said
    assert "since 2024-03-04; below the lower limit of normal since 2022-12-03." in said
    assert "Hollow, of doubtful quality: FVC of 2024-03-04 (grade D)." in said
    assert "Reference: FVC GLI Global 2022; DLCO GLI-2017 TLCO (2020), corrected for haemoglobin." in said


def test_lung_function_in_numbers(owner: Client, followed: Patient) -> None:
    lines = chart_lines(owner.get(PATH), "function")
    assert len(lines) == len(courses.SESSIONS)
    assert lines[0] == "2024-08-13 1.98 63.9 \u22122.21 3.48 52.5 \u22123.87 A, A"
    assert lines[1].startswith("2024-03-04 2.09 ‡ 67.2")
    assert "— [DLCO not done: could not perform]" in lines[8]


def test_without_a_birth_date_the_reason_stands_in_place_of_a_chart(owner: Client, patient: Patient) -> None:
    make_pft(patient)
    services.update_patient(patient, birth_date=None)
    answer = owner.get(PATH)
    said = chart(answer, "function")
    assert "FVC of 2024-03-04 is not drawn. No % predicted:" in said
    assert "1.98 — [No % predicted:" in chart_lines(answer, "function")[0]
    assert data(owner)["figures"] == {}


def test_dlco_is_corrected_for_haemoglobin_in_all_sessions_or_in_none(owner: Client, patient: Patient) -> None:
    make_pft(patient, date(2023, 3, 4))
    bare = make_pft(patient, haemoglobin_g_dl=None)
    services.derive_patient(patient)
    assert "corrected for haemoglobin" not in chart(owner.get(PATH), "function")
    bare.haemoglobin_g_dl = Decimal("12.8")
    bare.save()
    services.derive(bare)
    assert "DLCO GLI-2017 TLCO (2020), corrected for haemoglobin." in chart(owner.get(PATH), "function")


def test_a_session_after_bronchodilator_is_not_drawn(owner: Client, patient: Patient) -> None:
    make_pft(patient)
    make_pft(patient, bronchodilator="post", fvc_l=Decimal("2.9"))
    services.derive_patient(patient)
    assert len(chart_lines(owner.get(PATH), "function")) == 1


def test_a_session_with_half_its_references_is_not_compared(owner: Client, patient: Patient) -> None:
    make_pft(patient, date(2023, 3, 4), height_cm=None)
    make_pft(patient)
    services.derive_patient(patient)
    assert "baseline — [No earlier session has % predicted on this basis]" in words(owner.get(PATH))


def test_ct_in_words(owner: Client, followed: Patient) -> None:
    said = chart(owner.get(PATH), "patterns")
    assert "up = worse" in said
    assert "Lesion % 23.2 % on 2024-03-04, +11.7 points† since 2019-03-16, +5.6 points since 2023-06-16." in said
    assert "reticulation 8.8 %, honeycombing 0.9 % and fibrosis 9.7 %." in said
    assert f"Engine changed from density 0.0.9 to {ENGINE} with the CT of 2023-06-16: not joined by a line." in said
    assert "Hollow, of doubtful quality: 2022-06-03 (thick)." in said


def test_ct_in_numbers(owner: Client, followed: Patient) -> None:
    lines = chart_lines(owner.get(PATH), "patterns")
    assert lines[0] == f"2024-03-04 23.2 20.1 3.1 8.8 0.9 9.7 3\u202f412 {ENGINE} accepted"
    assert lines[2].endswith("density 0.0.9 thick")


def test_what_an_engine_cannot_measure_is_missing_with_its_reason(owner: Client, patient: Patient) -> None:
    make_measured_study(patient)
    answer = owner.get(PATH)
    assert f"18.9 17.0 1.9 — [Not measured by {ENGINE}]" in chart_lines(answer, "patterns")[0]
    assert "Reticulation" not in [trace["name"] for trace in data(owner)["figures"]["patterns"]["percent"]["data"]]
    assert "chart-goh" not in answer.content.decode(), "no scores, no chart"


def test_severity_by_lobe(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient)
    make_measured_study(patient, date(2020, 1, 1), severity_total=None)
    LobeMeasure.objects.filter(quantification=made, region="RML").update(severity=None)
    lines = chart_lines(owner.get(PATH), "severity")
    assert lines[0].startswith("2024-03-04 2 — [This lobe could not be measured] 3 2 3 12 est.")
    assert "— [Not given: at least one lobe could not be measured]" in lines[1]
    assert data(owner)["figures"]["severity"]["score"]["data"][0]["y"] == [12]


def test_a_level_outside_the_scan_leaves_no_bar(owner: Client, followed: Patient) -> None:
    LevelScore.objects.filter(quantification__series__study__date=date(2024, 3, 4), level=5).update(tot=None)
    answer = owner.get(PATH)
    assert chart_lines(answer, "goh")[0] == (
        "2024-03-04 13 GG 9, RET 5 19 GG 13, RET 8 28 GG 20, RET 11 37 GG 26, RET 15 — [Level 5 has no scores] "
        f"— [Needs all five levels] measured on the label maps ({ENGINE})"
    )
    assert "Goh extent 21.8 % on 2023-06-16, +9.2 points† since 2019-03-16" in chart(answer, "goh")
    assert "Goh extent (TOT) — [The latest CT has no Goh scores of all five levels]" in words(answer)
    assert "2024-03-04" not in data(owner)["figures"]["goh"]["percent"]["data"][0]["x"]


def test_simulated_numbers_are_badged_and_never_compared_with_measured_ones(owner: Client, patient: Patient) -> None:
    courses.simulated(patient)
    answer = owner.get(PATH)
    page = words(answer)
    assert "Lesion % (TLV%) 17.6% 2023-06-16 baseline — [Only one CT has this number]" in page
    assert "4 simulated CTs not counted here." in page
    assert "Simulated and measured numbers are never compared." in page
    said = chart(answer, "patterns")
    assert said.startswith("CT, % of lung volume Simulated")
    assert "Lesion % 17.6 % on 2023-06-16. On that CT" in said
    assert "Simulated: invented for demonstration, no scan was measured; drawn open and light." in said
    lines = chart_lines(answer, "patterns")
    assert lines[0].startswith("2023-06-16 17.6")
    assert len(lines) == 5
    assert all(re.match(r"\d{4}-\d\d-\d\d Simulated ", line) for line in lines[1:])


def test_a_patient_with_simulated_numbers_only(owner: Client, patient: Patient) -> None:
    courses.scan(patient, courses.SCANS[0], engine=SIMULATED_ENGINE, version="1")
    page = words(owner.get(PATH))
    assert "Lesion % (TLV%) 11.5% Simulated 2019-03-16" in page
    assert "CT numbers: Simulated invented for demonstration, no scan was measured." in page


def test_everything_dated_lies_on_the_axis(owner: Client, followed: Patient) -> None:
    make_run(make_series(make_study(followed, date(2024, 9, 23))), State.QUEUED)
    page = owner.get(PATH).content.decode()
    for told in (
        'title="Mycophenolate 3 g/day: 2021-09-20 to ongoing"', 'data-drug="Nintedanib" data-dose="100 mg bid"',
        'aria-label="2020-01-18 respiratory hospitalisation: Pneumonia, oxygen for three days"',
        '<span class="ev__name" aria-hidden="true">MDT: add nintedanib</span>',
        'title="CT 2024-03-04: lesion 23.2 %"', 'title="CT 2022-06-03: lesion 14.6 %, needs review"',
        'title="CT 2024-09-23: no numbers (waiting)"',
    ):  # fmt: skip
        assert told in page, told
    assert page.count('data-lane="1"') == 2, "two doses of one drug share a lane"


def test_what_is_known_to_the_month_or_year_lies_in_its_middle_and_says_so(owner: Client, patient: Patient) -> None:
    made = {"patient": patient, "date": date(2021, 1, 1)}
    ClinicalEvent.objects.create(type="infection", text="cold", date_precision="year", **made)
    ClinicalEvent.objects.create(type="infection", text="flu", date_precision="month", **made)
    Treatment.objects.create(
        patient=patient, drug="mycophenolate", start=date(2020, 2, 1), start_precision="month", stop=date(2022, 5, 3)
    )
    page = owner.get(PATH).content.decode()
    assert 'data-from="2021-07-02"><button type="button" title="2021 infection: cold (known to the year:' in page
    assert 'data-from="2021-01-16"><button type="button" title="2021-01 infection: flu (known to the month:' in page
    assert 'title="Mycophenolate: 2020-02 to 2022-05-03 (known to the month: drawn in its middle)"' in page
    assert 'data-from="2020-02-15" data-to="2022-05-03"' in page


def test_a_ct_with_pictures_shows_its_section_at_the_carina(
    owner: Client, patient: Patient, settings: Settings, tmp_path: Path
) -> None:
    settings.STORAGE = tmp_path
    made = make_measured_study(patient, label_path="quantifications/7-1")
    sections = [Picture(name, 2, name, 1, 0.0, 1.0, "seen", 64, 48, ()) for name in ("level-2", "coronal")]
    folder = tmp_path / made.label_path / album.FOLDER
    folder.mkdir(parents=True)
    Album("abc", 0.7, tuple(sections)).write(folder)
    page = owner.get(PATH).content.decode()
    for name in ("level-2.png", "level-2-mask.png"):
        assert f'src="/ct/{made.pk}/pictures/{name}?v=abc" alt=""' in page
    Album("abd", 0.7, tuple(sections[1:])).write(folder)
    lane = owner.get(PATH).content.decode().partition('id="scans-lane"')[2].partition("</ul>")[0]
    assert "<img" not in lane
    assert "scan__plain" in lane


def test_what_is_written_about_an_event_stays_text(owner: Client, patient: Patient) -> None:
    text = '</script><script>alert("x")</script>'
    ClinicalEvent.objects.create(patient=patient, type="other", date=date(2022, 1, 1), text=text)
    Treatment.objects.create(patient=patient, drug="other", drug_text='"><script>', start=date(2022, 1, 1))
    page = owner.get(PATH).content.decode()
    assert "<script>" not in page


def test_the_values_at_each_visit(owner: Client, followed: Patient) -> None:
    visits = data(owner)["visits"]
    assert [one["date"] for one in visits] == sorted(one["date"] for one in visits)
    assert len(visits) == len(courses.SESSIONS) + len(courses.SCANS)
    function = next(one for one in visits if one["date"] == "2024-03-04" and one["kind"] == "function")
    assert function["parts"][0] == ["FVC", "67.2", "%"]
    assert function["note"] == "FVC grade D"


def test_what_to_read_with_care_newest_first(owner: Client, followed: Patient) -> None:
    page = words(owner.get(PATH))
    said = page[page.index("Read with care") :]
    order = ("2024-03-04 FVC grade D.", "2023-06-16 Engine changed", "2022-06-03 CT thick:", "2020-10-11 DLCO not done")
    assert [said.index(one) for one in order] == sorted(said.index(one) for one in order)


def test_a_long_course_costs_no_more_queries(
    owner: Client, patient: Patient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_pft(
            patient, date(2010 + number // 3, 1 + number % 3, 1), haemoglobin_g_dl=None if number % 5 else Decimal(13)
        )
    services.derive_patient(patient)
    for year, one in enumerate(courses.SCANS + courses.SCANS[:4]):
        courses.scan(patient, one._replace(day=f"{2010 + year}-06-01"))
    with django_assert_max_num_queries(MOST_QUERIES):
        assert len(chart_lines(owner.get(PATH), "function")) == 30


def test_plotly_comes_from_the_portal_and_is_kept(owner: Client, followed: Patient) -> None:
    page = owner.get(PATH).content.decode()
    found = re.search(r'<script src="([^"]*plotly[^"]*)" defer>', page)
    assert found
    assert plotly_js() in found[1]
    answer = owner.get(found[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert b"Plotly" in b"".join(answer)
