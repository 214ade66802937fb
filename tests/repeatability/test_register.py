"""Limits come from a file, belong to one engine, version and weights, and a wrong file is refused whole."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from quant import repeatability
from quant.engine import identity
from quant.engine.patterns import NAMES
from quant.models import Quantification, RepeatabilityLimit, RepeatedMeasure
from tests.factories import make_measured_study, make_patient
from tests.repeatability.limits import METHOD, document, known
from tests.workers import REPOSITORY

pytestmark = pytest.mark.django_db
PAGE = REPOSITORY / "docs" / "repeatability.md"


def command(*words: str) -> str:
    out = StringIO()
    call_command("repeatability", *words, stdout=out)
    return out.getvalue()


def written(folder: Path, content: object) -> str:
    file = folder / "limits.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(file)


def test_a_file_is_registered_and_shown(tmp_path: Path) -> None:
    assert command("--show") == "No repeatability limit is known.\n"
    said = command(written(tmp_path, document({"fibrosis_percent": 1.2, "lung_volume_ml": 41})))
    assert said.startswith(f"density {identity.ENGINE_VERSION}, 24 scans, 2026-11-01: {METHOD}\n")
    assert [line.split() for line in said.splitlines()[1:]] == [
        ["fibrosis_percent", "1.2", "points"], ["lung_volume_ml", "41", "mL"],
    ]  # fmt: skip
    assert command("--show") == said


def test_registered_again_the_new_limit_stands_and_the_old_is_history() -> None:
    known(fibrosis_percent=1.2, lesion_percent=2.0)
    known(fibrosis_percent=0.9)
    assert dict(RepeatabilityLimit.objects.values_list("measure", "limit")) == {
        "fibrosis_percent": 0.9, "lesion_percent": 2.0,
    }  # fmt: skip
    kept = RepeatabilityLimit.pgh_event_models["update"].objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [(one.pgh_label, one.limit) for one in kept] == [("insert", 1.2), ("insert", 2.0), ("update", 0.9)]


def test_a_limit_counts_for_its_engine_version_and_weights_alone() -> None:
    known(lesion_percent=2.0, lung_volume_ml=41)
    one = make_measured_study(make_patient())
    found = repeatability.limits()
    assert (found.of(one, "lesion_percent"), found.of(one, "volume_ml")) == (2.0, 41)
    assert (found.of(one, "fibrosis_percent"), found.of(one, "vessel_ml")) == (None, None)
    for field, other in (("engine", "lungmask"), ("engine_version", "9"), ("weights", {"net": "a" * 64})):
        before = getattr(one, field)
        setattr(one, field, other)
        assert found.of(one, "lesion_percent") is None, field
        setattr(one, field, before)


ENGINE: dict[str, Any] = {"name": "density", "version": "0.2.0", "weights": {}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "other/1"}, "This is no document of schema ildportal.repeatability/1."),
        ({"limits": {}}, "limits holds no limit."),
        ({"limits": {"tlv": 1}}, "limits.tlv is none of: lung_volume_ml, lesion_percent,"),
        ({"limits": {"lesion_percent": -0.1}}, "limits.lesion_percent is no number of 0 or more."),
        ({"limits": {"lesion_percent": float("nan")}}, "limits.lesion_percent is no number"),
        ({"limits": {"lesion_percent": float("inf")}}, "limits.lesion_percent is no number"),
        ({"limits": {"lesion_percent": True}}, "limits.lesion_percent is no number"),
        ({"limits": {"lesion_percent": "1"}}, "limits.lesion_percent is no number"),
        ({"scans": 1}, "scans is no whole number of 2 or more."),
        ({"scans": 2.5}, "scans is no whole number of 2 or more."),
        ({"method": " "}, "method says nothing: how was it measured?"),
        ({"date": "2126-01-01"}, "date is no day up to today"),
        ({"date": "1.11.2026"}, "date is no day up to today"),
        ({"notes": ""}, "notes is none of: schema, engine, date,"),
        ({"engine": "density"}, "engine is no object."),
        ({"engine": {"name": "density"}}, "engine.version is missing."),
        ({"engine": {**ENGINE, "version": ""}}, "engine.version is no text of 1 to 120 characters."),
        ({"engine": {**ENGINE, "weights": ["a"]}}, "engine.weights is no object"),
        ({"engine": {**ENGINE, "name": "simulated"}}, "simulated numbers are invented: nothing repeats them."),
    ],
)
def test_what_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    file = written(tmp_path, document({"lesion_percent": 1.0}) | changes)
    with pytest.raises(CommandError) as refused:
        command(file)
    assert said in str(refused.value)
    assert not RepeatabilityLimit.objects.exists()


@pytest.mark.parametrize("content", ["", "[]", "3", "null", "{", "\x00"])
def test_what_is_no_document_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(CommandError):
        command(written(tmp_path, content))


def test_a_missing_file_and_nothing_asked() -> None:
    with pytest.raises(CommandError, match="No such file"):
        command("/nowhere/limits.json")
    with pytest.raises(CommandError, match="name a FILE to register, or --shipped, or --show"):
        command()


def test_the_page_names_every_measure_and_its_example_is_right() -> None:
    page = PAGE.read_text()
    assert [one for one in RepeatedMeasure.values if f"`{one}`" not in page] == []
    example = page[page.index('    {"schema"') : page.index("\n\n`engine` as in")]
    assert len(repeatability.register(json.loads(example))) == 3


def test_what_came_with_the_engine_is_registered_once_and_yields_to_what_a_hospital_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeatability, "SHIPPED", tmp_path)
    assert command("--shipped") == "0 limits that came with the engine are new.\n"
    written(tmp_path, document({"lesion_percent": 1.5, "lung_volume_ml": 60}))
    assert command("--shipped") == "2 limits that came with the engine are new.\n"
    known(lesion_percent=0.7)
    assert command("--shipped") == "0 limits that came with the engine are new.\n"
    assert RepeatabilityLimit.objects.get(measure=RepeatedMeasure.LESION).limit == 0.7


def test_the_engine_comes_with_limits_of_its_own() -> None:
    repeatability.register_shipped()
    shipped = Quantification(
        engine=identity.ENGINE_NAME, engine_version=identity.ENGINE_VERSION, weights=identity.WEIGHTS
    )
    found = repeatability.limits().all_of(shipped)
    # What moves when a scan is only disturbed, and no extent finer than the error of a change that was there.
    assert {"lung_volume_ml", "haa_percent", "severity_total"} <= set(found)
    assert all(found[f"{name}_percent"] >= 2 for name in ("lesion", "fibrosis", "ild", *NAMES))
