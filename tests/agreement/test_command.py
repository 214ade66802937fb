"""`manage.py evaluate --readings` as its user meets it."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from quant.engine.identity import ENGINE_VERSION, SIMULATED_ENGINE
from quant.models import LevelScore, Quantification
from quant.results import add_scores
from tests.factories import make_patient, make_quantification, make_run, make_series, make_study

HEAD = "series_uid,level,tot,gg,ret,reader\n"
A = ((0, 0, 0), (5, 5, 0), (10, 5, 5), (20, 10, 15), (40, 20, 30))
NETWORK = {"name": "goh_scores", "version": "3", "sha256": "ab" * 32}
COEFFICIENT = {"type": "object", "required": ["n", "value", "low", "high", "reason"]}
PARTS = {
    "type": "object",
    "required": ["n", "errors", "kappa", "icc", "bland_altman", "paired_t", "wilcoxon"],
    "properties": {"kappa": COEFFICIENT, "icc": COEFFICIENT},
}
BY_LEVEL = {
    "type": "object",
    "required": ["pooled", "levels"],
    "properties": {
        "pooled": PARTS,
        "levels": {"required": list("12345"), "additionalProperties": PARTS},
    },
}
SCHEMA = {
    "type": "object",
    "required": [
        "schema", "date", "use", "readings", "against", "unit", "error", "scans", "slices", "excluded", "warnings",
        "scores", "published",
    ],
    "properties": {
        "scores": {"required": ["tot", "gg", "ret"], "additionalProperties": BY_LEVEL},
        "excluded": {"items": {"required": ["reason", "slices"]}},
        "against": {"required": ["kind", "name", "readers", "made_by"]},
    },
}  # fmt: skip


def evaluate(*flags: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *flags, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def written(folder: Path, *rows: str) -> str:
    path = folder / "scores.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return str(path)


def lines(uid: str, reader: str, scores: tuple[tuple[int, int, int], ...] = A) -> list[str]:
    return [f"{uid},{level},{tot},{gg},{ret},{reader}" for level, (tot, gg, ret) in enumerate(scores, 1)]


def scored(
    made: Quantification, source: str, shift: float, *, model: dict[str, str] | None = None, **facts: Any
) -> None:
    """Scores of five levels, `shift` points beside those of reader A."""
    levels = [
        {
            "level": level, "slice": None, "position_mm": None, "sop_uid": None, "confidence": None,
            "tot": tot + shift, "gg": gg + shift, "ret": ret + shift, **facts,
        }
        for level, (tot, gg, ret) in enumerate(A, 1)
    ]  # fmt: skip
    add_scores(made, source, {"model": model, "levels": levels})


@pytest.fixture
def measured(db: None) -> Quantification:
    """A CT with measured scores two points above reader A."""
    made = make_quantification(make_series(make_study(make_patient(), date(2024, 3, 4))))
    scored(made, "measured", 2.0)
    return made


def uid_of(made: Quantification) -> str:
    return made.series.series_uid


def test_two_readers_of_a_csv_need_no_database(tmp_path: Path) -> None:
    """No fixture opens one here, and pytest-django refuses a query."""
    b = tuple((tot + 5, gg + 5, ret) for tot, gg, ret in A)
    path = written(tmp_path, *lines("1.2", "A"), *lines("1.2", "B", b), *lines("1.3", "A"))
    told = json.loads(evaluate("--readings", path, "--against", "B", "--json"))
    jsonschema.validate(told, SCHEMA)
    assert told["schema"] == "ildportal.agreement/1"
    assert (told["scans"], told["slices"]) == (1, 5)
    assert told["excluded"] == [{"reason": "no score of this level by B", "slices": 5}]
    assert told["error"] == "B less A"
    tot = told["scores"]["tot"]["pooled"]
    assert (tot["errors"]["mae"], tot["bland_altman"]["bias"], tot["errors"]["sd"]) == (5.0, 5.0, 0.0)
    assert tot["paired_t"]["reason"] == "every pair differs by the same amount"
    ret = told["scores"]["ret"]["pooled"]
    assert (ret["kappa"]["value"], ret["errors"]["mae"]) == (1.0, 0.0)
    one = told["scores"]["tot"]["levels"]["1"]
    assert one["n"] == 1
    assert one["kappa"] == {"n": 1, "value": None, "low": None, "high": None, "reason": "fewer than two pairs"}


def test_a_csv_against_what_the_engine_measured(measured: Quantification, tmp_path: Path) -> None:
    path = written(tmp_path, *lines(uid_of(measured), "A"))
    told = json.loads(evaluate("--readings", path, "--source", "measured", "--json"))
    assert told["error"] == "the engine less A"
    assert told["use"] == "research use, not clinically validated"
    made = told["against"]["made_by"]
    assert [(one["name"], one["version"], one["slices"]) for one in made] == [("density", ENGINE_VERSION, 5)]
    assert made[0]["weights"] == measured.weights
    assert told["scores"]["gg"]["pooled"]["bland_altman"]["bias"] == pytest.approx(2.0)
    assert len(told["readings"]["from"]["sha256"]) == 64


def test_a_network_is_named_with_version_and_sha_and_as_trained_on_synthetic_patterns(
    measured: Quantification, tmp_path: Path
) -> None:
    scored(measured, "network", 30.0, model={**NETWORK, "version": "2"})
    scored(measured, "network", -1.0, model=NETWORK)
    path = written(tmp_path, *lines(uid_of(measured), "A"))
    page = tmp_path / "report.html"
    told = json.loads(evaluate("--readings", path, "--source", "network", "--json", "--html", str(page)))
    assert told["use"] == "trained on synthetic patterns; research use, not clinically validated"
    assert told["against"]["made_by"] == [
        {"name": "goh_scores", "version": "3", "weights": {"goh_scores": "ab" * 32}, "slices": 5}
    ]
    assert told["scores"]["tot"]["pooled"]["bland_altman"]["bias"] == pytest.approx(-1.0)
    assert "Trained on synthetic patterns" in page.read_text()
    assert "goh_scores 3" in page.read_text()


def test_readings_kept_in_the_portal(measured: Quantification) -> None:
    scored(measured, "reader", 0.0, model={"name": "A"})
    scored(measured, "reader", 4.0, model={"name": "B"})
    told = json.loads(evaluate("--readings", "portal", "--source", "measured", "--json"))
    assert told["readings"] == {"from": {"name": "the portal", "sha256": None}, "readers": ["A", "B"]}
    assert told["scores"]["tot"]["pooled"]["errors"]["mae"] == pytest.approx(0.0)
    assert any("their mean stands for them" in one for one in told["warnings"])
    alone = json.loads(evaluate("--readings", "portal", "--source", "measured", "--reader", "B", "--json"))
    assert alone["scores"]["tot"]["pooled"]["bland_altman"]["bias"] == pytest.approx(-2.0)
    between = json.loads(evaluate("--readings", "portal", "--against", "B", "--json"))
    assert between["error"] == "B less A"
    assert between["scores"]["tot"]["pooled"]["bland_altman"]["bias"] == pytest.approx(4.0)


def test_a_reading_outlives_the_measurement_that_it_was_kept_with(measured: Quantification) -> None:
    scored(measured, "reader", 0.0, position_mm=-100.0)
    Quantification.objects.update(current=False)
    again = make_quantification(measured.series, run=make_run(measured.series, engine_version="99"))
    scored(again, "measured", 1.0, position_mm=-102.5)
    LevelScore.objects.filter(quantification=again, level=5).update(position_mm=-130.0)
    told = json.loads(evaluate("--readings", "portal", "--source", "measured", "--json"))
    assert told["slices"] == 4
    assert told["against"]["made_by"][0]["version"] == "99"
    assert told["excluded"] == [{"reason": "scored on slices more than 5 mm apart", "slices": 1}]


def test_what_has_no_partner_is_counted_with_its_reason(measured: Quantification, tmp_path: Path) -> None:
    LevelScore.objects.filter(level=5).update(tot=None, gg=None, ret=None)
    LevelScore.objects.filter(level=4).update(gg=None)
    patient = measured.series.study.patient
    unmeasured = make_series(make_study(patient, date(2025, 1, 1)))
    invented = make_series(make_study(patient, date(2025, 2, 1)))
    scored(make_quantification(invented, run=make_run(invented, engine=SIMULATED_ENGINE)), "measured", 0.0)
    path = written(
        tmp_path,
        *lines(uid_of(measured), "A")[1:],
        *lines("1.2.3", "A")[:2],
        *lines(unmeasured.series_uid, "A")[:3],
        *lines(invented.series_uid, "A"),
    )
    told = json.loads(evaluate("--readings", path, "--source", "measured", "--json"))
    assert {one["reason"]: one["slices"] for one in told["excluded"]} == {
        "the series is not in the portal": 2,
        "the series is not measured": 3,
        "the numbers of the series are simulated": 5,
        "no score of this level by A": 1,
        "the level has no numbers by the engine": 1,
        "no GG by the engine: left out of GG alone": 1,
    }
    assert [told["scores"][name]["pooled"]["n"] for name in ("tot", "gg", "ret")] == [3, 2, 3]


def test_versions_are_not_mixed_in_silence(measured: Quantification, tmp_path: Path) -> None:
    other = make_series(make_study(measured.series.study.patient, date(2025, 1, 1)))
    scored(make_quantification(other, run=make_run(other, engine_version="0.1")), "measured", 2.0)
    path = written(tmp_path, *lines(uid_of(measured), "A"), *lines(other.series_uid, "A"))
    told = json.loads(evaluate("--readings", path, "--source", "measured", "--json"))
    assert len(told["against"]["made_by"]) == 2
    assert any("more than one version" in one for one in told["warnings"])


def test_every_bad_row_is_named_and_nothing_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path, *(f"1.2,{level},101,0,0,A" for level in range(1, 61)), "1.2,,10,5,5,A")
    page, errors = tmp_path / "report.html", io.StringIO()
    with pytest.raises(CommandError, match="61 unusable rows, nothing was reported") as refused:
        call_command("evaluate", "--readings", path, "--against", "B", "--html", str(page), stderr=errors)
    assert refused.value.returncode == 2
    told = errors.getvalue().splitlines()
    assert len(told) == 61
    assert told[0] == "row 2: tot 101 lies outside 0 to 100"
    assert "row 62: needs either level or slice" in told
    assert not page.exists()


def test_a_row_that_names_a_slice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("series_uid,slice,tot,gg,ret,reader\n1.2,40,10,5,5,A\n")
    errors = io.StringIO()
    with pytest.raises(CommandError, match="1 unusable rows"):
        call_command("evaluate", "--readings", str(path), "--against", "B", stderr=errors)
    assert "row 2: names slice 40: agreement is by level" in errors.getvalue()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--readings", "CSV"), "one of --source and --against"),
        (("--readings", "CSV", "--source", "measured", "--against", "B"), "one of --source and --against"),
        (("--readings", "CSV", "--against", "Z"), "no readings by Z: there are those of A, B"),
        (("--readings", "CSV", "--against", "B", "--reader", "B"), "B is on both sides"),
        (("--readings", "CSV", "--against", "B", "--reader", "C"), "no readings by C"),
        (("--readings", "CSV", "--against", "B", "--phantoms", "1"), "goes with no SCAN"),
        (
            ("--readings", "CSV", "--against", "A"),
            r"no slice was scored by both sides: no score of this level by A \(1\)",
        ),
        (("--readings", "nowhere.csv", "--against", "B"), "nowhere.csv"),
        (("--source", "measured"), "go with --readings"),
        (("--json", "nowhere.zip"), "no such file or folder"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(tmp_path: Path, flags: tuple[str, ...], why: str) -> None:
    path = written(tmp_path, "1.2,1,10,5,5,A", "1.2,2,10,5,5,B")
    with pytest.raises(CommandError, match=why) as refused:
        evaluate(*(path if flag == "CSV" else flag for flag in flags))
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


@pytest.mark.django_db
def test_a_portal_without_readings_says_so() -> None:
    with pytest.raises(CommandError, match="the portal holds no readings"):
        evaluate("--readings", "portal", "--source", "measured")


def test_the_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    b = tuple((tot + 5 * (at % 2), gg + 5 * (at % 2), ret) for at, (tot, gg, ret) in enumerate(A))
    evil = '<script>alert("B")</script>'
    rows = [*lines("1.2", "A"), *lines("1.2", '"' + evil.replace('"', '""') + '"', b)]
    page, told = tmp_path / "report.html", tmp_path / "report.json"
    said = evaluate(
        "--readings", written(tmp_path, *rows), "--against", evil, "--html", str(page), "--json", str(told)
    )  # fmt: skip
    assert "TOT  n 5  MAE 2.0" in said
    jsonschema.validate(json.loads(told.read_text()), SCHEMA)
    found = page.read_text()
    assert "<script" not in found
    assert not re.search(r"https?:|@import|url\(|<link|<img", found)
    assert "prefers-color-scheme: dark" in found
    assert found.count('<svg class="plot"') == 3
    for words in (
        "Research use, not clinically validated",
        "The data differ.",
        "Jia 2024, Scientific Reports 14:26666",
        "Every reading found its partner",
        "Main carina",
        "McGraw and Wong 1996",
    ):
        assert words in found, words
    cells = re.findall(r'<td class="num[^"]*">([^<]+)</td>', found[found.index('id="beside"') :])
    assert cells[3:9] == ["5.9", "0.66", "0.83", "5.25", "0.59", "—"]
    assert cells[12:18] == ["4.7", "0.58", "0.71", "4.00", "0.54", "—"]
    assert cells[21:27] == ["4.5", "0.65", "0.84", "3.81", "0.61", "—"]
