"""`score_again` as an administrator meets it: a phantom, the real engine, the real network."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from quant import stored
from quant.goh import models, shelf
from quant.models import LevelScore, Quantification, Scoring, State
from tests.factories import make_measured_study, make_patient

pytestmark = pytest.mark.django_db
SHIPPED = models.MODELS[shelf.NAME].version


def score_again(*words: object) -> str:
    out = StringIO()
    call_command("score_again", *map(str, words), stdout=out)
    return out.getvalue()


def by_source(one: Quantification) -> dict[tuple[str, str, bool], int]:
    """Rows by source, version of the network, and whether they count."""
    found: dict[tuple[str, str, bool], int] = {}
    for row in LevelScore.objects.filter(quantification=one):
        key = (row.source, row.model_version, row.current)
        found[key] = found.get(key, 0) + 1
    return found


def test_one_version_after_another_and_nothing_is_lost(measured: Quantification, shelf_folder: Path) -> None:
    before = list(LevelScore.objects.filter(source="measured").values())
    said = score_again(measured.run_id, "--version", SHIPPED, "--now")
    assert f"run {measured.run_id}: goh_scores {SHIPPED} done" in said
    assert by_source(measured) == {("measured", "", True): 5, ("network", SHIPPED, True): 5}
    row = LevelScore.objects.get(source="network", level=3)
    beside = LevelScore.objects.get(source="measured", level=3)
    assert (row.slice, row.position_mm, row.sop_uid) == (beside.slice, beside.position_mm, beside.sop_uid)
    assert (row.model, row.weights_sha256) == (shelf.NAME, models.MODELS[shelf.NAME].sha256)
    assert row.tot_low is not None
    assert row.tot is not None
    assert row.tot_high is not None
    assert row.tot_low <= row.tot <= row.tot_high

    score_again("--all", "--version", "ours-1", "--folder", shelf_folder, "--now")
    both = {("measured", "", True): 5, ("network", SHIPPED, False): 5, ("network", "ours-1", True): 5}
    assert by_source(measured) == both
    assert list(LevelScore.objects.filter(source="measured").values()) == before
    measured.refresh_from_db()
    assert measured.goh_default == "measured", "the network stands beside, and does not count"
    assert "0 scans" in score_again("--all", "--version", "ours-1", "--folder", shelf_folder)

    score_again(measured.run_id, "--version", SHIPPED)
    assert by_source(measured) == {key if key[0] == "measured" else (*key[:2], not key[2]): 5 for key in both}
    assert Scoring.objects.count() == 2, "scored once by each"


@pytest.mark.parametrize("words", [("--version", "77"), ("--version", SHIPPED, "--model", "other")])
def test_an_unknown_network_is_refused_with_what_there_is(shelf_folder: Path, words: tuple[str, ...]) -> None:
    make_measured_study(make_patient())
    with pytest.raises(CommandError) as told:
        score_again("--all", *words, "--folder", shelf_folder)
    assert str(told.value).endswith(f"there is goh_scores {SHIPPED}, goh_scores ours-1")
    assert "\n" not in str(told.value)
    assert not Scoring.objects.exists()


def test_a_run_that_measured_nothing_is_named() -> None:
    measured = make_measured_study(make_patient())
    with pytest.raises(CommandError, match="no run that measured a scan: 999999"):
        score_again(measured.run_id, 999999, "--version", SHIPPED)
    with pytest.raises(CommandError, match="name runs, or --all"):
        score_again("--version", SHIPPED)


def test_weights_with_another_digest(measured: Quantification, shelf_folder: Path) -> None:
    """A readable reason; the numbers stay; with the right file back, asking again does it."""
    file = shelf_folder / "ours-1.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"?")
    asked = (measured.run_id, "--version", "ours-1", "--folder", shelf_folder, "--now")
    before = list(LevelScore.objects.values())
    reason = "ours-1.safetensors is not the file that goh_scores ours-1 was registered with"
    assert f"goh_scores ours-1 failed: {reason}" in score_again(*asked)
    job = Scoring.objects.get()
    assert (job.state, job.error_code, job.attempts) == (State.FAILED, "weights", 1)
    assert list(LevelScore.objects.values()) == before
    measured.refresh_from_db()
    assert (measured.current, measured.run.state) == (True, State.DONE)
    file.write_bytes(whole)
    assert "goh_scores ours-1 done" in score_again(*asked)


def test_without_label_maps_it_says_so(measured: Quantification) -> None:
    (stored.folder_of(measured) / "lungs.nii.gz").unlink()
    assert "failed: lungs.nii.gz cannot be read" in score_again(measured.run_id, "--version", SHIPPED, "--now")


def test_invented_numbers_are_not_scored() -> None:
    one = make_measured_study(make_patient(), engine="simulated")
    with pytest.raises(CommandError, match="no scan to score"):
        score_again(one.run_id, "--version", SHIPPED)
    assert "0 scans" in score_again("--all", "--version", SHIPPED)
