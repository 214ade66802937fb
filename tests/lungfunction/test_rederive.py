"""The command derive: what is computed again is said, before and after."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from patients import selectors, services
from patients.models import DerivedValue, Patient, PFTFinding, PulmonaryFunctionTest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pft() -> PulmonaryFunctionTest:
    patient = services.create_patient(code="SSc-0147", sex="F", birth_date=dt.date(1960, 1, 1), ethnicity_gli=1)
    facts = {"fvc_l": Decimal("2.4"), "fev1_l": Decimal(2), "dlco_mmol_min_kpa": Decimal(4)}
    return services.record_pft(patient, date=dt.date(2020, 1, 1), height_cm=160, **facts)


def derive(*words: str) -> str:
    out = StringIO()
    call_command("derive", *words, stdout=out)
    return out.getvalue()


def document(*words: str) -> dict[str, Any]:
    return dict(json.loads(derive(*words, "--json")))


def counting(pft: PulmonaryFunctionTest) -> dict[str, str]:
    return {name: row.equation_set for name, row in selectors.references([pft])[pft.pk].items()}


def test_nothing_to_do_is_said() -> None:
    assert "1 sessions; values: 0 new, 0 changed, 0 gone, 4 as before" in derive()


def test_a_value_computed_by_another_release_is_put_right_and_shown(pft: PulmonaryFunctionTest) -> None:
    DerivedValue.objects.filter(measure="FVC").update(percent_predicted=50)
    DerivedValue.objects.filter(measure="DLCO").delete()
    said = derive()
    assert "values: 1 new, 1 changed, 0 gone, 2 as before" in said
    assert "SSc-0147 2020-01-01 DLCO: nothing -> 62.0 %" in said
    assert "SSc-0147 2020-01-01 FVC: 50.0 % -> 83.9 %" in said
    assert "FVC                   1 -> 1        50.0 -> 83.9            0 -> 0" in said


def test_a_dry_run_says_the_same_and_changes_nothing(pft: PulmonaryFunctionTest) -> None:
    DerivedValue.objects.filter(measure="FVC").update(percent_predicted=50)
    dry = derive("--dry-run")
    assert pft.derived.get(measure="FVC").percent_predicted == 50
    assert dry == f"{derive()}dry run: nothing was changed\n"


def test_a_further_set_stands_beside_the_one_that_counts(pft: PulmonaryFunctionTest) -> None:
    assert document("--set", "GLI-2012")["new"] == 3
    assert counting(pft)["FVC"] == "GLI-Global-2022"
    assert pft.derived.filter(measure="FVC").count() == 2


def test_a_site_changes_its_default_with_the_effect_before_and_after(pft: PulmonaryFunctionTest) -> None:
    site = pft.patient.site
    before = document("--site", site.code, "--default", "GLI-2012", "--dry-run")
    site.refresh_from_db()
    assert site.spirometry_set == "GLI-Global-2022"
    assert document("--site", site.code, "--default", "GLI-2012") == before | {"dry_run": False}
    measures = before["measures"]
    assert round(measures["FVC"]["before"]["mean_percent"], 1) == 83.9
    assert round(measures["FVC"]["after"]["mean_percent"], 1) == 78.5
    assert measures["DLCO"]["before"] == measures["DLCO"]["after"]
    pft = PulmonaryFunctionTest.objects.get()
    assert counting(pft) == {"FVC": "GLI-2012", "FEV1": "GLI-2012", "FEV1/FVC": "GLI-2012", "DLCO": "GLI-2017"}


def test_what_has_no_reference_value_is_counted_by_its_reason() -> None:
    services.update_patient(Patient.objects.get(), ethnicity_gli=None)
    site = Patient.objects.get().site
    said = derive("--site", site.code, "--default", "GLI-2012")
    assert "no reference value, FVC: group_missing: 1" in said


def test_sessions_that_came_in_bulk_get_their_findings() -> None:
    patient = Patient.objects.get()
    rows = [PulmonaryFunctionTest(patient=patient, date=dt.date(2020, month, 1), fvc_l=9) for month in (3, 4)]
    services.record_many(rows)
    assert not PFTFinding.objects.exists()
    assert "open findings: 0 -> 3" in derive("--dry-run")
    assert document()["open_findings"] == {"before": 0, "after": 3}
    assert set(PFTFinding.objects.values_list("pft__date", "code")) == {
        (dt.date(2020, 3, 1), "unusual"),
        (dt.date(2020, 3, 1), "sudden_change"),
        (dt.date(2020, 4, 1), "unusual"),
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--site", "nowhere"], "'nowhere' is no site's code"),
        (["--default", "GLI-2012"], "--default is a choice of a whole site: give --site CODE"),
        (["--patient", "SSc-9"], "'SSc-9' has no lung function on record"),
    ],
)
def test_a_wrong_wish_is_refused_in_one_line(words: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint) as caught:
        derive(*words)
    assert caught.value.returncode == 2
