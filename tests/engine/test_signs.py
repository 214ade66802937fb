"""What the picture says of a scan, on a chest whose lungs, breath, noise and metal are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quant.engine import quality, signs
from quant.engine.airways import Airway
from quant.engine.arrays import LEFT, RIGHT, Labels
from quant.engine.errors import UnusableInput
from quant.engine.lungs import Lungs
from quant.engine.volume import Flag, Volume, load_nifti
from tests.engine import files
from tests.phantom import Chest, Lesion, chest

BODY = chest(slices=112, vessels=0)
# Where the trachea of the phantom divides: a fifth of the half height above the middle.
CARINA = 67


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return volume_of(BODY, tmp_path_factory.mktemp("signs"))


def volume_of(body: Chest, folder: Path) -> Volume:
    dz, dy, dx = body.voxel_mm
    return load_nifti(files.nifti(folder / "ct.nii", body.hu.transpose(2, 1, 0), np.diag([-dx, -dy, dz, 1.0])))


def true_lungs(body: Chest = BODY) -> Labels:
    return (RIGHT * body.lung("right") + LEFT * body.lung("left")).astype(np.uint8)


def codes(volume: Volume, labels: Labels, carina: int | None = CARINA) -> list[str]:
    nothing = np.zeros(labels.shape, bool)
    airway = Airway(nothing | True, carina)
    return [flag.code for flag in quality.check_lungs(volume, Lungs(labels, nothing, airway, None))]


def cut(scan: Volume, low: int, high: int) -> tuple[Volume, Labels]:
    return replace(scan, hu=scan.hu[low:high]), true_lungs()[low:high]


def test_a_good_scan_has_no_sign(scan: Volume) -> None:
    assert codes(scan, true_lungs()) == []
    assert signs.share_in_scan(scan, true_lungs(), CARINA) == 1.0


@pytest.mark.parametrize(("low", "carina", "code"), [(30, 37, "cut_base"), (60, 7, "half_lungs")])
def test_cut_at_the_base(scan: Volume, low: int, carina: int, code: str) -> None:
    volume, labels = cut(scan, low, 112)
    left = np.count_nonzero(labels) / np.count_nonzero(true_lungs())
    assert (left > 0.5) == (code == "cut_base")
    assert told(volume, labels, carina) == code


@pytest.mark.parametrize(("high", "carina", "code"), [(90, CARINA, "cut_apex"), (50, None, "half_lungs")])
def test_cut_at_the_apex(scan: Volume, high: int, carina: int | None, code: str) -> None:
    volume, labels = cut(scan, 0, high)
    left = np.count_nonzero(labels) / np.count_nonzero(true_lungs())
    assert (left > 0.5) == (code == "cut_apex")
    assert told(volume, labels, carina) == code


def test_a_slab_from_the_middle_is_no_chest(scan: Volume) -> None:
    volume, labels = cut(scan, 40, 72)
    assert told(volume, labels, CARINA - 40) == "half_lungs"


def told(volume: Volume, labels: Labels, carina: int | None) -> str:
    """The one code, or that of the refusal."""
    try:
        (code,) = codes(volume, labels, carina)
    except UnusableInput as refused:
        return refused.code
    return code


def test_the_share_never_grows_with_a_deeper_cut(scan: Volume) -> None:
    shares = [signs.share_in_scan(*cut(scan, low, 112), CARINA - low) for low in range(0, CARINA, 6)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert shares[-1] < 0.4


def test_no_lung_is_no_share(scan: Volume) -> None:
    assert signs.share_in_scan(scan, np.zeros_like(true_lungs()), None) == 0.0


def breathed_out(scan: Volume) -> Volume:
    hu = scan.hu.copy()
    hu[true_lungs() > 0] += 110
    return replace(scan, hu=hu)


def test_expiration_by_the_commonest_density(scan: Volume) -> None:
    assert signs.commonest_hu(scan.hu, true_lungs() > 0) == pytest.approx(-850, abs=6)
    assert codes(breathed_out(scan), true_lungs()) == ["expiration"]


def test_disease_of_a_third_of_the_lung_is_no_expiration(tmp_path: Path) -> None:
    ill = chest(slices=112, vessels=0, lesions=[Lesion((-60.0, 0.0, x), (60.0, 76.0, 56.0), -600.0) for x in (-77, 77)])
    assert codes(volume_of(ill, tmp_path), true_lungs()) == []


@pytest.mark.parametrize("noise", [10.0, 30.0, 60.0])
def test_noise_is_measured_where_tissue_is_even(tmp_path: Path, noise: float) -> None:
    volume = volume_of(chest(slices=112, vessels=0, noise_hu=noise), tmp_path)
    found = signs.noise_hu(volume, true_lungs())
    assert found == pytest.approx(noise, rel=0.1)
    assert codes(volume, true_lungs()) == (["noisy"] if noise > quality.NOISY_ABOVE_HU else [])


def test_noise_of_the_shoulders_alone_counts(scan: Volume) -> None:
    hu = scan.hu.copy()
    hu[80:] += np.random.default_rng(1).normal(0, 90, hu[80:].shape).astype(np.int16)
    assert codes(replace(scan, hu=hu), true_lungs()) == ["noisy"]


def with_metal(scan: Volume, streak_hu: int) -> Volume:
    """A rod beside the spine, with dark and bright streaks across the lungs at its levels."""
    hu = scan.hu.copy()
    hu[40:60, 80:84, 62:66] = 3071
    lung = true_lungs()[40:60] > 0
    stripes = np.where(np.arange(hu.shape[1]) % 8 < 4, -streak_hu, streak_hu).astype(np.int16)[:, None]
    hu[40:60] = np.clip(hu[40:60] + np.where(lung, stripes, 0), -1024, 3071)
    return replace(scan, hu=hu)


@pytest.mark.parametrize(("streak_hu", "found"), [(0, ["metal"]), (160, ["metal", "streaks"])])
def test_metal_is_a_note_and_its_streaks_need_review(scan: Volume, streak_hu: int, found: list[str]) -> None:
    assert codes(with_metal(scan, streak_hu), true_lungs()) == found
    flags = tuple(Flag(code, "") for code in found)
    assert quality.accepted(flags) == (found == ["metal"])


def test_undiluted_contrast_is_no_metal(scan: Volume) -> None:
    volume = replace(with_metal(scan, 0), warnings=(Flag("contrast", "agent A"),))
    assert codes(volume, true_lungs()) == ["contrast"]


def refused(volume: Volume) -> str:
    with pytest.raises(UnusableInput) as caught:
        quality.check_volume(volume)
    return caught.value.code


def test_padding_does_not_pass_for_air(scan: Volume) -> None:
    shifted = np.clip(scan.hu + 150, -1024, 3071).astype(np.int16)
    shifted[:, :20] = -1024
    assert refused(replace(scan, hu=shifted)) == "not_hu"


@pytest.mark.parametrize("spacing", [(7.0, 7.0, 2.5), (0.7, 0.7, 20.0)])
def test_too_coarse_for_a_lung(scan: Volume, spacing: tuple[float, float, float]) -> None:
    assert refused(replace(scan, spacing_mm=spacing)) == "too_coarse"
