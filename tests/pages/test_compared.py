"""What changed since earlier CTs: only of one engine, judged by its limits, density with the breath taken out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from ildportal.pages import comparison
from ildportal.pages.comparison import AT_ONE_VOLUME, MASS
from patients.models import Patient, Site
from quant import repeatability
from quant.engine import identity
from quant.models import Quantification
from tests.factories import make_measured_study, make_patient
from tests.pages.reading import chart, words
from tests.repeatability.limits import known

pytestmark = pytest.mark.django_db
PATH = "/patients/SSc-0147/"
ENGINE = f"{identity.ENGINE_NAME} {identity.ENGINE_VERSION}"
FIRST, SECOND, LAST = date(2022, 3, 1), date(2023, 3, 4), date(2024, 3, 1)


@pytest.fixture
def patient(bern: Site) -> Patient:
    return make_patient("SSc-0147", site=bern)


def scan(patient: Patient, day: date, **facts: Any) -> Quantification:
    """4 L at -800 HU: 800 g of tissue."""
    density = {"volume": 4000.0, "mean_density_hu": -800.0, "perc15_hu": -900.0}
    return make_measured_study(patient, day, **{**density, **facts})


def table(client: Client) -> str:
    """What the panel at the top says of changes."""
    said = words(client.get(PATH))
    return said.split("Change since", 1)[1].split("Trajectory")[0] if "Change since" in said else ""


def test_each_change_since_the_first_and_the_last(owner: Client, patient: Patient) -> None:
    known(lesion_percent=5.4, ground_glass_percent=1.0)
    for day, lesion in ((FIRST, 11.5), (SECOND, 17.8), (LAST, 23.2)):
        scan(patient, day, lesion=lesion)
    said = table(owner)
    assert said.startswith(f" 2022-03-01 and 2023-03-04 {ENGINE} both times")
    assert "since 2022-03-01 since 2023-03-04" in said
    judged = "+11.7points beyond the limit (5.4) +5.4points no measurable change (limit 5.4)"
    assert f"Lesion % (TLV%) 23.2% {judged} GGO" in said
    assert "Emphysema 0.4% ±0.0points ±0.0points" in said, "without a limit it is not judged"
    assert "Not measured: Fibrosis %, ILD %, Reticulation and Honeycombing." in said
    assert "No repeatability limit" not in said


def test_where_no_limit_is_known_it_says_so(owner: Client, patient: Patient) -> None:
    scan(patient, FIRST)
    scan(patient, LAST)
    said = table(owner)
    assert f"No repeatability limit of {ENGINE} is known: no change is judged." in said
    assert "beyond the limit (" not in said
    assert "no measurable change (" not in said


def test_a_deeper_breath_alone_is_no_change_of_density(owner: Client, patient: Patient) -> None:
    """The same 800 g in 4.0 and in 4.6 L: mean density falls by 26 HU, and by nothing at one volume."""
    known(mean_density_hu=7.0, perc15_hu=7.0)
    scan(patient, FIRST)
    scan(patient, LAST, volume=4600.0, mean_density_hu=-1000 + 800 / 4.6, perc15_hu=-1000 + 400 / 4.6)
    said = table(owner)
    assert "Mean density, as measured \u2212826HU \u221226HU Mean density" in said, "not judged"
    assert "Mean density, at one lung volume ±0HU no measurable change (limit 11)" in said
    assert "15th percentile, at one lung volume ±0HU no measurable change (limit 9)" in said
    assert "Mass without air 800g ±0g" in said
    assert "Lung volume is 115 % of that of 2022-03-01; corrected to 4\u202f290 mL." in said


def test_more_tissue_is_a_change_at_any_breath(patient: Patient) -> None:
    known(mean_density_hu=20.0)
    before, now = scan(patient, FIRST), scan(patient, LAST, volume=3600.0, mean_density_hu=-740.0)
    found = comparison.pair(before, now, {}, repeatability.limits())
    change = found.changes["mean_density_hu" + AT_ONE_VOLUME]
    assert float(change.value) == pytest.approx((936 - 800) / (4000 * 3600) ** 0.5 * 1000)
    assert (change.beyond, change.limit) == (True, 20.0), "the larger of the limit and of what breath leaves"
    assert float(found.changes[MASS].value) == pytest.approx(136.0)
    assert found.changes[MASS].beyond is None


def test_volumes_too_far_apart_are_not_corrected(owner: Client, patient: Patient) -> None:
    known(mean_density_hu=7.0)
    scan(patient, FIRST)
    scan(patient, LAST, volume=2900.0)
    said = table(owner)
    reason = "lung volumes of 4000 and 2900 mL differ by more than 25 %"
    assert f"Mean density, at one lung volume — [{reason}]" in said
    assert f"Mass without air 580g — [{reason}]" in said
    assert f"not corrected, {reason}." in said


@pytest.mark.parametrize("other", [{"engine_version": "0.0.9"}, {"engine": "simulated"}, {"settings": {"a": 1}}])
def test_other_engines_are_not_compared(owner: Client, patient: Patient, other: dict[str, Any]) -> None:
    scan(patient, FIRST, **other)
    scan(patient, LAST)
    assert table(owner) == ""
    assert f"No earlier CT was measured by {ENGINE} with these settings: nothing to compare with." in words(
        owner.get(PATH)
    )


def test_invented_numbers_are_not_compared(owner: Client, patient: Patient) -> None:
    for day in (FIRST, LAST):
        scan(patient, day, engine="simulated")
    assert table(owner) == ""


def test_from_a_doubtful_scan_nothing_is_judged(owner: Client, patient: Patient) -> None:
    known(lesion_percent=1.0, mean_density_hu=1.0)
    scan(patient, FIRST, lesion=10.0, accepted=False)
    scan(patient, LAST, lesion=40.0, mean_density_hu=-700.0)
    said = table(owner)
    assert "+30.0points ‡" in said
    assert "+100HU ‡" in said
    assert "beyond the limit (" not in said


def test_only_one_of_the_two_has_the_number(owner: Client, patient: Patient) -> None:
    scan(patient, FIRST, perc15_hu=None)
    scan(patient, LAST, severity_total=None)
    said = table(owner)
    assert "15th percentile, as measured \u2212900HU — [Only one of the two CTs has this number]" in said
    assert "Mean density, at one lung volume — [Density was not measured on both CTs]" in said


def test_each_ct_is_compared_with_the_one_before_it(owner: Client, patient: Patient) -> None:
    for day, lesion in ((FIRST, 11.5), (SECOND, 17.8), (LAST, 23.2)):
        scan(patient, day, lesion=lesion)
    details = owner.get(PATH).content.decode().split("CT 2023-03-04: all numbers")[1]
    assert "since 2022-03-01" in details
    assert "+6.3" in details.split("CT 2022-03-01: all numbers")[0]


def test_the_timeline_says_it_in_words(owner: Client, patient: Patient) -> None:
    known(lesion_percent=6.0, severity_total=3)
    for day, lesion in ((FIRST, 11.5), (SECOND, 17.8), (LAST, 23.2)):
        scan(patient, day, lesion=lesion)
    page = owner.get(PATH)
    assert (
        "+11.7 points since 2022-03-01 (beyond the limit of 6), +5.4 points since 2023-03-04 (no measurable change)."
    ) in chart(page, "patterns")
    assert "(no measurable change)" in chart(page, "severity")
