"""`manage.py quantify --engine NAME` as its user meets it: whose parts they were, and what is measured of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from hashlib import sha256
from importlib.metadata import EntryPoint
from io import StringIO
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from django.core.management import CommandError, call_command
from lungmask.resunet import UNet

from quant.engine.arrays import Labels
from quant.engine.codes import CODES
from quant.engine.external import interface
from quant.engine.external.interface import Segmented
from quant.engine.identity import ENGINE_VERSION
from quant.engine.volume import Volume
from tests.external.networks import bundle, lungmask_weights
from tests.external.programs import NNUNET, TOTALSEGMENTATOR, model_folder, stand_in, totalsegmentator_weights
from tests.external.scan import ELLIPSOIDS_ML
from tests.workers import REPOSITORY

OURS = f"density {ENGINE_VERSION}"
LONG_NAME = "lungs_of_people_with_interstitial_lung_disease_2026"
Document = dict[str, Any]


def measured(scan: Path, out: Path, engine: str, **options: bool) -> Document:
    answer = StringIO()
    call_command("quantify", str(scan), out=out, engine=engine, device="cpu", json=True, stdout=answer, **options)
    document: Document = json.loads(answer.getvalue())
    assert document == json.loads((out / "quantification.json").read_text())
    return document


def refused(scan: Path, out: Path, engine: str) -> tuple[str, str]:
    answer = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("quantify", str(scan), out=out, engine=engine, device="cpu", json=True, stdout=answer)
    assert raised.value.returncode == 2
    assert "\n" not in str(raised.value)
    assert not out.exists()
    error = json.loads(answer.getvalue())["error"]
    return error["code"], error["detail"]


def label_map(out: Path, name: str) -> Labels:
    image: Any = nibabel.load(out / f"{name}.nii.gz")
    return np.asarray(image.dataobj, np.uint8)


def assert_taken(document: Document, *taken: str) -> None:
    """The name is never ours alone, each part has its maker, and a reader is told."""
    engine = document["engine"]
    assert engine["name"].startswith("density+")
    assert engine["version"].startswith(f"{ENGINE_VERSION}+")
    assert {name for name, maker in engine["parts"].items() if maker != OURS} == set(taken)
    told = {warning["code"]: warning["detail"] for warning in document["quality"]["warnings"]}
    assert told["drawn_by_others"].startswith(f"{' and '.join(taken)} drawn by ")
    assert CODES["drawn_by_others"].severity == "note"


def test_lungmask_draws_the_lungs_and_ours_measures_the_rest(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lungmask's own code and network, narrower than R231 and so faster."""
    weights = lungmask_weights(tmp_path / "hub/checkpoints/unet_r231-d5d2fc3d.pth", width=2)
    monkeypatch.setattr("lungmask.mask.UNet", partial(UNet, wf=2))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    document = measured(scan, tmp_path / "out", "lungmask")
    assert_taken(document, "lungs")
    assert document["engine"]["name"] == "density+lungmask-R231"
    assert document["engine"]["parts"]["lungs"].startswith("lungmask-R231 0.")
    digest = sha256(weights.read_bytes()).hexdigest()
    assert document["engine"]["weights"]["lungmask-R231/unet_r231-d5d2fc3d.pth"] == digest
    assert document["engine"]["seconds"]["external"] > 0
    assert document["lungs"]["volume_ml"] == pytest.approx(ELLIPSOIDS_ML, rel=0.15)
    assert document["lungs"]["right_ml"] == pytest.approx(document["lungs"]["left_ml"], rel=0.25)
    assert document["lungs"]["recovered_ml"] is None, "it does not tell what it recovered"
    assert document["lobes_source"] != "external"
    assert set(np.unique(label_map(tmp_path / "out", "lobes"))) == set(range(6))


def test_a_bundle_draws_the_lungs(scan: Path, tmp_path: Path) -> None:
    folder = bundle(tmp_path / LONG_NAME, {"lungs": {"1": "right", "2": "left"}})
    document = measured(scan, tmp_path / "out", f"bundle:{folder}", dicom=True)
    assert (tmp_path / "out" / "dicom" / "sr.dcm").is_file()
    drawn = pydicom.dcmread(tmp_path / "out" / "dicom" / "seg-lungs.dcm")
    algorithm = drawn.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0]
    assert algorithm.AlgorithmName == f"density+bundle-{LONG_NAME}"[:61] + "..."
    assert algorithm.AlgorithmVersion == document["engine"]["version"]
    assert_taken(document, "lungs")
    assert (document["engine"]["name"], document["engine"]["version"]) == (
        f"density+bundle-{LONG_NAME}",
        f"{ENGINE_VERSION}+1.2.3",
    )
    voxels = np.bincount(label_map(tmp_path / "out", "lungs").ravel())
    assert document["lungs"]["right_ml"] / document["lungs"]["left_ml"] == pytest.approx(voxels[1] / voxels[2])


def test_of_a_bundle_for_one_pattern_the_others_are_missing_not_zero(scan: Path, tmp_path: Path) -> None:
    folder = bundle(tmp_path / "lines", {"patterns": {"2": "reticulation"}})
    document = measured(scan, tmp_path / "out", f"bundle:{folder}")
    assert_taken(document, "patterns")
    found = document["patterns"]
    assert found["reticulation"]["percent"] == pytest.approx(50, abs=10)
    assert found["reticulation"]["low"] is None
    assert document["engine"]["methods"] == {"reticulation": "bundle-lines 1.2.3"}
    assert {name for name, one in found.items() if one["percent"] is not None} == {"reticulation"}
    for key in ("lesion_percent", "fibrosis_percent", "ild_percent"):
        assert document[key] is None
    assert document["severity"]["total"] is None
    assert document["lungs"]["vessel_ml"] is not None
    patterns, lungs = (label_map(tmp_path / "out", name) for name in ("patterns", "lungs"))
    assert not (patterns[lungs == 0]).any(), "nothing outside the lungs"
    answer = StringIO()
    call_command("quantify", str(scan), out=tmp_path / "again", engine=f"bundle:{folder}", stdout=answer)
    assert "lesion not measured, severity None of 25" in answer.getvalue()


def test_totalsegmentator_draws_lobes_and_with_them_the_lungs(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ILDPORTAL_TOTALSEGMENTATOR", str(stand_in(tmp_path / "ts", TOTALSEGMENTATOR)))
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(totalsegmentator_weights(tmp_path / "results")))
    document = measured(scan, tmp_path / "out", "totalsegmentator")
    assert_taken(document, "lungs", "lobes")
    assert document["engine"]["version"] == f"{ENGINE_VERSION}+2.4.0"
    assert (document["lobes_source"], document["lobe_confidence"], document["fissures"]) == ("external", None, {})
    assert document["severity"]["estimated"] is False
    lobes, lungs = (label_map(tmp_path / "out", name) for name in ("lobes", "lungs"))
    assert np.array_equal(lobes > 0, lungs > 0)
    assert np.array_equal(lobes > 3, lungs == 2)
    assert sum(lobe["ml"] for lobe in document["lobes"].values()) == pytest.approx(document["lungs"]["volume_ml"])


def test_nnunet_in_a_process_under_the_whole_name(scan: Path, tmp_path: Path) -> None:
    """Standard output holds the document and nothing else, whatever the other program says."""
    program = stand_in(tmp_path / "nn", NNUNET + "print('done, thank you')")
    command = [sys.executable, "manage.py", "quantify", str(scan), "--out", str(tmp_path / "out"), "--json"]
    answer = subprocess.run(
        [*command, "--device", "cpu", "--engine", f"density+nnunet:{model_folder(tmp_path)}"],
        env={**os.environ, "ILDPORTAL_NNUNET": str(program), "DATABASE_URL": "postgresql:///nowhere"},
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    document: Document = json.loads(answer.stdout)
    assert_taken(document, "lungs")
    assert document["engine"]["name"] == "density+nnunet-Dataset501_Lungs"
    assert len([name for name in document["engine"]["weights"] if name.startswith("nnunet-")]) == 2
    assert document["lungs"]["volume_ml"] == pytest.approx(ELLIPSOIDS_ML, rel=0.15)


def test_the_same_lungs_by_another_give_the_same_numbers(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another engine draws on the grid of the scan comes to lie where ours does, and is measured alike."""
    ours = measured(scan, tmp_path / "ours", "density")
    copies = f"import shutil; shutil.copy({str(tmp_path / 'ours' / 'lungs.nii.gz')!r}, out / 'ct.nii.gz')"
    monkeypatch.setenv("ILDPORTAL_NNUNET", str(stand_in(tmp_path / "nn", copies)))
    folder = model_folder(tmp_path)
    (folder / "ildportal.json").write_text(json.dumps({"lungs": {"1": "right", "2": "left"}}))
    theirs = measured(scan, tmp_path / "theirs", f"nnunet:{folder}")
    assert theirs["lungs"].pop("recovered_ml") is None
    assert ours["lungs"].pop("recovered_ml") is not None
    vessels = theirs["lungs"].pop("vessel_ml"), ours["lungs"].pop("vessel_ml")
    assert theirs["lungs"] == ours["lungs"]
    assert {name: lobe["ml"] for name, lobe in theirs["lobes"].items()} == {
        name: lobe["ml"] for name, lobe in ours["lobes"].items()
    }
    assert vessels[0] == pytest.approx(vessels[1], rel=0.02), "blocks begin elsewhere"
    assert theirs["lesion_percent"] == pytest.approx(ours["lesion_percent"], abs=1)


class Theirs:
    """An engine out of a package; `rest` says how it misbehaves."""

    name, version = "theirs", "7"

    def __init__(self, rest: str) -> None:
        self.rest = rest

    def weights(self) -> dict[str, str]:
        return {}

    def segment(self, volume: Volume, device: object) -> Segmented:
        assert str(device) == "cpu"
        print("loading, please wait")
        if self.rest == "raises":
            raise RuntimeError("not today")
        if self.rest == "nothing":
            return Segmented()
        if self.rest == "small":
            return Segmented(lungs=np.zeros((2, 2, 2), np.uint8))
        if self.rest == "numbers":
            return Segmented(patterns=np.full(volume.hu.shape, 9, np.uint8))
        return Segmented(lungs=(volume.hu < -780).astype(np.uint8))


@pytest.mark.parametrize(
    ("engine", "code", "words"),
    [
        ("calipers", "engine", "no engine 'calipers' here; there are bundle, density, lungmask"),
        ("density+calipers", "engine", "no engine 'calipers' here"),
        ("theirs:raises", "engine_failed", "theirs failed: RuntimeError: not today"),
        ("theirs:nothing", "engine_failed", "theirs 7 drew neither lungs nor lobes nor patterns"),
        ("theirs:small", "engine_failed", "theirs 7 drew lungs as uint8 (2, 2, 2), not as uint8 (22, 128, 128)"),
        ("theirs:numbers", "engine_failed", "theirs 7 drew patterns with the label 9, above 5"),
        ("theirs:one", "engine_failed", "theirs 7 drew no left lung: measure with density to see if there are two"),
        ("lungmask", "weights", "are not here; fetch them: manage.py engine_weights lungmask --yes"),
        ("totalsegmentator", "weights", "totalseg_download_weights -t total"),
    ],
)
def test_a_refusal_is_one_sentence_with_the_way_out(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, code: str, words: str
) -> None:
    offered = EntryPoint("theirs", f"{__name__}:Theirs", interface.GROUP)
    monkeypatch.setattr(interface, "entry_points", lambda **_: [offered])
    monkeypatch.setenv("ILDPORTAL_TOTALSEGMENTATOR", str(stand_in(tmp_path / "ts", TOTALSEGMENTATOR)))
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    told = refused(scan, tmp_path / "out", engine)
    assert told[0] == code
    assert words in told[1]
