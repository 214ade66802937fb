"""Where the disease lies and how sure the lobes are, as a clinician reads it at the top and in each CT."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client

from patients.models import Patient, Site
from quant.engine import identity
from quant.models import LobeMeasure
from tests.factories import make_measured_study, make_patient, make_quantification, make_series, make_study
from tests.pages.reading import chart, chart_lines, line, lines_of, words

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
ENGINE = f"{identity.ENGINE_NAME} {identity.ENGINE_VERSION}"


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def drawing(client: Client, title: str) -> dict[str, tuple[str, str]]:
    """Of the drawing at the top: each zone's step of the scale and its number."""
    source = client.get(PATH).content.decode()
    one = source.split(f"<b>{title}</b>")[1].split("visually-hidden")[0]
    found = re.findall(r"<title>([^:<]*).*?zone--(\w+)\".*?<text[^>]*>(.*?)</text>", one, re.S)
    return {name: (step, number) for name, step, number in found}


def test_the_latest_ct_is_drawn_by_zone(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, lesion=23.2)
    assert drawing(owner, "Lesion %") == {
        "Right upper zone": ("2", "6.2"), "Right middle zone": ("2", "15.1"), "Right lower zone": ("3", "41.5"),
        "Left upper zone": ("2", "8.9"), "Left middle zone": ("2", "19.1"), "Left lower zone": ("3", "43.5"),
        "Rind": ("3", "37.9"), "Core": ("2", "14.2"),
    }  # fmt: skip
    said = chart(owner.get(PATH), "zones-now")
    assert "Lesion %: most in the left lower zone (43.5 %), least in the right upper zone (6.2 %);" in said
    assert "rind 37.9 %, core 14.2 %." in said
    assert "<b>Fibrosis %</b>" not in owner.get(PATH).content.decode(), "this engine does not look for it"


def test_fibrosis_has_a_drawing_of_its_own_where_it_is_measured(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, lesion=23.2, volume=1000.0, reticulation_ml=90.0, honeycombing_ml=10.0)
    assert drawing(owner, "Fibrosis %")["Left lower zone"] == ("2", "18.8")
    assert "Fibrosis %: most in the left lower zone (18.8 %)" in chart(owner.get(PATH), "zones-now")


def test_the_numbers_behind_the_drawing(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient, lesion=20.0, volume=1000.0)
    LobeMeasure.objects.filter(quantification=made, region="core").update(
        ml=None, lesion_ml=None, lesion_percent=None, ground_glass_ml=None, consolidation_ml=None, emphysema_ml=None
    )
    lines = chart_lines(owner.get(PATH), "zones-now")
    assert lines[2].startswith("Right lower zone 190 35.8 32.2 3.6 — [Not measured by")
    assert lines[-1].startswith("Core — [No lung lies in this zone] — [No lung lies in this zone]")
    assert drawing(owner, "Lesion %")["Core"] == ("none", "\u2014")


def test_severity_never_stands_without_its_confidence(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient, lesion=23.2)
    page = words(owner.get(PATH))
    for said in (
        "Severity 12/ 25est. confidence 0.20",
        "Lobes: severity 12/ 25 Estimated confidence 0.20",
        "Lobes, estimated from a prior, not from fissures seen; confidence 0.20 of 1.",
    ):
        assert said in page, said
    assert "12 est., conf. 0.20" in line(owner.get(PATH), "None")
    assert "12 est., conf. 0.20" in line(owner.get("/"), "2024-03-04")
    assert "Confidence 0.20 of 1. Estimated: the borders of the lobes" in chart(owner.get(PATH), "severity")
    made.lobes_source, made.severity_estimated, made.lobe_confidence = "fissures", False, 0.88
    made.save()
    page = words(owner.get(PATH))
    assert "Lobes: severity 12/ 25 confidence 0.88" in page
    assert "Estimated" not in page
    assert "Every fissure was followed." in page


def test_how_much_of_each_fissure_was_seen(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient)
    page = words(owner.get(PATH))
    for said in ("Right oblique 42 % seen, followed", "Horizontal 6 % seen, usual place", "Left oblique 38 % seen"):
        assert page.count(said) == 2, f"{said}: at the top and in the CT"
    made.fissures = {}
    made.save()
    assert "How much of each fissure was seen is not recorded for this measurement." in words(owner.get(PATH))


def test_an_earlier_ct_has_its_own_drawing(owner: Client, patient: Patient) -> None:
    old = make_measured_study(patient, date(2023, 3, 4), lesion=11.5)
    new = make_measured_study(patient)
    source = owner.get(PATH).content.decode()
    assert f'id="zones-{old.pk}"' in source
    assert f'id="zones-{new.pk}"' not in source, "that of the newest stands at the top"
    assert source.count("<b>Lesion %</b> on 2023-03-04") == 1, "and beside it the CT that it is compared with"
    ids = re.findall(r'\bid="([^"]+)"', source)
    assert len(ids) == len(set(ids))


def test_invented_numbers_have_no_zones(owner: Client, patient: Patient) -> None:
    make_measured_study(patient, engine="simulated")
    page = words(owner.get(PATH))
    assert "CT of 2024-03-04: where Simulated" in page
    assert "Zones, % of the zone" not in page
    assert "nothing to compare with" not in page


def test_a_ct_without_lobes_and_zones_has_no_panel(owner: Client, patient: Patient) -> None:
    made = make_measured_study(patient)
    LobeMeasure.objects.filter(quantification=made).delete()
    assert 'id="ct-now"' not in owner.get(PATH).content.decode()


def test_which_numbers_a_flag_makes_doubtful(owner: Client, patient: Patient) -> None:
    series = make_series(make_study(patient), quality_codes=["thick"])
    make_quantification(series, accepted=False, warnings=[{"code": "expiration", "detail": "-780 HU"}])
    page = words(owner.get(PATH))
    assert "blur small lesions. Doubtful: densities, patterns, lobes and severity." in page
    assert "(-780 HU). Doubtful: every number." in page
    assert "Patterns, in % of the lung volume; doubtful: thick, expiration" in page
    assert "Lungs; volumes doubtful: expiration; densities doubtful: thick, expiration" in page
    assert "Severity by scheme guiot2025. Doubtful: thick, expiration." in page


def test_bounds_and_who_named_a_pattern(owner: Client, patient: Patient) -> None:
    methods = {"ground_glass": "rules", "reticulation": "network"}
    made = make_measured_study(
        patient, reticulation_ml=30.0, reticulation_percent=3.1, reticulation_low=2.0, reticulation_high=4.4,
        ground_glass_low=15.2, ground_glass_high=18.8, methods=methods, weights={"patterns": "b6b1aa6f67ee"},
    )  # fmt: skip
    answer = owner.get(PATH)
    numbers = [row for row in lines_of(answer) if "ground glass" in row or "Reticulation" in row or "Emphysema" in row]
    assert "GGO (ground glass)by rules 580.4 17.0 15.2\u201318.8" in numbers[0]
    assert "Reticulationby network 30.0 3.1 2.0\u20134.4" in numbers[1]
    assert "Emphysema 13.6 0.4" in numbers[2]
    assert "the engine does not say whether rules or a network" not in words(answer)
    page = words(answer)
    assert "GGO 17.0% between 15.2\u201318.8, 2024-03-04" in page, "the strip of key numbers"
    assert "patterns b6b1aa6f67ee Research use, not clinically validated." in page
    assert made.methods == methods
