"""`heat_maps` as an administrator meets it: earlier measurements, drawn once; what is left alone is named."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from quant import heat, heat_stage, process, stored, tasks
from quant.goh import heatmap, models, shelf
from quant.goh.heatmap import HeatMap
from quant.models import LevelScore, Quantification, Run, Scoring
from quant.scoring import ask
from tests.factories import make_measured_study, make_patient

pytestmark = pytest.mark.django_db
SHIPPED = models.MODELS[shelf.NAME]


def heat_maps(*words: object) -> str:
    out = StringIO()
    call_command("heat_maps", *map(str, words), stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The slices of which maps were drawn; quickly, without the network."""
    asked: list[int] = []

    def maps(_hu: object, labels: np.ndarray, index: int, *_: object) -> HeatMap:
        asked.append(index)
        plane = np.where(labels[index] == 1, -0.9, 0.0).astype(np.float32)
        plane[labels[index] == 0] = np.nan
        return HeatMap(plane, plane, plane, np.array([50.0, 50.0, 50.0]), 1)

    monkeypatch.setattr(heatmap, "maps", maps)
    return asked


@pytest.fixture
def measured(run: Run, settings: Settings, drawn: list[int]) -> Quantification:
    settings.DICOM_OBJECTS = False
    assert process.process(run.pk, "here/1").status == "done"
    return Quantification.objects.get()


def found(one: Quantification) -> heat.Heat:
    there = heat.read(stored.folder_of(one))
    assert there is not None
    return there


def test_drawn_once_and_left_alone_by_name_afterwards(measured: Quantification, drawn: list[int]) -> None:
    assert heat_maps() == f"run {measured.run_id}: drawn\n"
    first, times = found(measured), len(drawn)
    assert first.network is not None
    assert (first.network.by, first.network.sha256) == (f"goh_scores {SHIPPED.version}", SHIPPED.sha256)
    assert first.network.thresholds is not None
    assert set(first.network.trust) == set(heat.SCORES), "as measured for the shipped weights"
    assert first.levels[1].parts["tot"].right == 100.0
    assert first.levels[1].parts["tot"].left == 0.0
    for words in ((), (measured.run_id,)):
        assert heat_maps(*words) == f"run {measured.run_id}: skipped, it has those of goh_scores {SHIPPED.version}\n"
    assert (found(measured), len(drawn)) == (first, times)


def test_what_cannot_be_drawn_is_named_with_its_reason(measured: Quantification) -> None:
    bare = make_measured_study(make_patient())
    without = make_measured_study(make_patient())
    stored.folder_of(without).mkdir(parents=True)
    lungs = stored.folder_of(measured) / "lungs.nii.gz"
    lungs.rename(lungs.with_suffix(".away"))
    out = StringIO()
    with pytest.raises(CommandError, match="1 could not be drawn"):
        call_command("heat_maps", stdout=out, stderr=out)
    assert f"run {bare.run_id}: skipped, its scan or its label maps are not in the store" in out.getvalue()
    assert f"run {without.run_id}: skipped, it has no Goh levels" in out.getvalue()
    assert f"run {measured.run_id}: lungs.nii.gz cannot be read" in out.getvalue()
    assert "lungs.nii.gz cannot be read" in found(measured).reason, "the page says it as well"
    lungs.with_suffix(".away").rename(lungs)
    assert f"run {measured.run_id}: drawn" in heat_maps(), "what failed is tried again"
    assert found(measured).reason == ""


def test_runs_without_a_scan_are_refused_by_number() -> None:
    simulated = make_measured_study(make_patient(), engine="simulated")
    with pytest.raises(CommandError, match=rf"run {simulated.run_id}, 999999"):
        heat_maps(simulated.run_id, 999999)


def scored(one: Quantification, version: str, sha256: str) -> None:
    LevelScore.objects.filter(quantification=one, source="network").update(current=False)
    LevelScore.objects.create(
        quantification=one, source="network", level=1, slice=1, tot=1.0, gg=1.0, ret=1.0, model=shelf.NAME,
        model_version=version, weights_sha256=sha256,
    )  # fmt: skip


def test_maps_are_of_the_network_whose_scores_count(measured: Quantification) -> None:
    heat_maps()
    scored(measured, SHIPPED.version, SHIPPED.sha256)
    assert "skipped, it has those of goh_scores" in heat_maps()
    scored(measured, "ours-7", "ab" * 32)
    out = StringIO()
    with pytest.raises(CommandError, match="1 could not be drawn"):
        call_command("heat_maps", stdout=out, stderr=out)
    told = f"no score network goh_scores ours-7: there is goh_scores {SHIPPED.version}"
    assert f"run {measured.run_id}: {told}" in out.getvalue()
    assert found(measured).reason == told
    assert heat_stage.process(measured.run_id) == "failed", "and by the worker of maps"


def test_maps_follow_a_scoring_where_they_are_wanted(
    measured: Quantification, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "send", lambda _pk: True)
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(tasks.heat_maps, "apply_async", lambda args, **_: asked.append(args))
    job, _ = ask.request(measured, shelf.find(shelf.NAME, SHIPPED.version))
    assert not heat_stage.ask_after_scoring(job.pk)
    settings.HEAT_MAPS = True
    assert heat_stage.ask_after_scoring(job.pk)
    assert asked == [(measured.run_id,)]
    assert Scoring.objects.get().quantification == measured
