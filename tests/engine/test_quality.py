"""What is refused and what is flagged, each by its code; nothing is measured in silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quant.engine.codes import CODES
from quant.engine.errors import UnusableInput
from quant.engine.run import quantify
from quant.engine.volume import Volume, load_nifti
from tests.engine import files
from tests.phantom import Chest, Lesion, chest


def volume_of(body: Chest, folder: Path) -> Volume:
    dz, dy, dx = body.voxel_mm
    return load_nifti(files.nifti(folder / "ct.nii.gz", body.hu.transpose(2, 1, 0), np.diag([-dx, -dy, dz, 1.0])))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return volume_of(chest(), tmp_path_factory.mktemp("plain"))


def codes(volume: Volume) -> tuple[bool, list[str]]:
    # Ellipsoids have no dome, so no Goh level 5: that is another matter than the scan's quality.
    found = quantify(volume, device="cpu", goh=False).document["quality"]
    return found["accepted"], [warning["code"] for warning in found["warnings"]]


def refused(volume: Volume) -> str:
    with pytest.raises(UnusableInput) as caught:
        quantify(volume, device="cpu")
    return caught.value.code


def test_a_whole_chest_is_accepted(plain: Volume) -> None:
    assert codes(plain) == (True, [])


def test_lungs_without_a_dome_have_no_goh_extent_and_that_is_named(plain: Volume) -> None:
    document = quantify(plain, device="cpu").document
    told = {one["code"]: one["detail"] for one in document["quality"]["warnings"]}
    # No body looks like this one to the level network either.
    assert set(told) == {"goh_incomplete", "levels_apart"}
    assert "level 5" in told["goh_incomplete"]
    source = document["goh"]["sources"]["measured"]
    assert source["extent_percent"] is None
    assert {source["levels"][4][key] for key in ("slice", "tot", "gg", "ret", "confidence")} == {None}
    assert source["levels"][1]["tot"] is not None, "the carina is seen"


def test_cut_at_the_apex_and_at_the_base(plain: Volume) -> None:
    assert codes(replace(plain, hu=plain.hu[:-14])) == (False, ["cut_apex"])
    assert codes(replace(plain, hu=plain.hu[14:])) == (False, ["cut_base"])


def test_too_low_a_stack(plain: Volume) -> None:
    assert refused(replace(plain, hu=plain.hu[:40])) == "too_few_slices"
    assert refused(replace(plain, hu=plain.hu[::5])) == "too_few_slices"


def test_values_that_are_not_hu(plain: Volume) -> None:
    assert refused(replace(plain, hu=(plain.hu + 1024).astype(np.int16))) == "not_hu"
    assert refused(replace(plain, hu=(plain.hu + 150).astype(np.int16))) == "not_hu"
    assert refused(replace(plain, hu=np.full_like(plain.hu, -1000))) == "not_hu"


def test_a_body_without_lungs(plain: Volume) -> None:
    solid = plain.hu.copy()
    solid[(solid < -600) & (np.arange(128) > 15) & (np.arange(128) < 112)] = 40
    assert refused(replace(plain, hu=solid)) == "not_chest"


def test_one_lung_only(plain: Volume) -> None:
    half = plain.hu.copy()
    half[:, 20:108, 70:120] = 40
    assert refused(replace(plain, hu=half)) == "not_chest"


def test_enhanced_blood_without_a_word_in_the_header(tmp_path: Path) -> None:
    heart = chest(lesions=[Lesion((-20, -30, 0), (40, 30, 30), 220)])
    assert codes(volume_of(heart, tmp_path)) == (True, ["contrast"])


def test_thick_slices_need_review(tmp_path: Path) -> None:
    assert codes(volume_of(chest(slices=50, spacing_z_mm=4.0), tmp_path)) == (False, ["thick_slices"])


def test_small_lungs_are_told(tmp_path: Path) -> None:
    assert codes(volume_of(chest(slices=56), tmp_path)) == (True, ["small_volume"])


def test_without_a_trachea(plain: Volume) -> None:
    filled = plain.hu.copy()
    filled[:, 55:75, 57:71] = 40
    accepted, found = codes(replace(plain, hu=filled))
    assert (accepted, found) == (False, ["airway_not_seen"])


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"ContrastBolusAgent": "Iomeprol"}, "contrast"),
        ({"ConvolutionKernel": "B70f"}, "sharp_kernel"),
        ({"LossyImageCompression": "01"}, "lossy"),
        ({"PatientPosition": "HFP"}, "prone"),
    ],
)
def test_flags_from_the_header(tmp_path: Path, small: Chest, tags: dict[str, str], code: str) -> None:
    from quant.engine.volume import load_dicom

    def change(ds: object, index: int) -> None:
        for keyword, value in tags.items():
            setattr(ds, keyword, value)

    found = load_dicom(files.write(tmp_path, small, change)).warnings
    assert [w.code for w in found] == [code, "thick_slices"]
    assert CODES[code].severity == "note"


def test_no_such_engine_or_device(plain: Volume) -> None:
    with pytest.raises(UnusableInput, match="no engine 'icolung'"):
        quantify(plain, engine="icolung")
    with pytest.raises(UnusableInput, match="not one of auto, cpu, cuda"):
        quantify(plain, device="tpu")
