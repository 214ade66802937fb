"""What a person sees on the pictures: the right lung at the left, square millimetres, the patterns in their inks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from quant import album, pictures, tubes
from quant.album import Picture
from quant.engine.arrays import Labels
from quant.engine.patterns import NAMES
from quant.engine.result import Measured
from quant.engine.volume import Volume, load_nifti

TOKENS = Path(__file__).resolve().parents[2] / "static" / "tokens.css"
INK_TOKENS = dict(zip(NAMES, ("--ov-ggo", "--ov-con", "--ov-ret", "--ov-hc", "--ov-emp"), strict=True))
SHAPE = (90, 80, 120)
SPACING_MM = (3.0, 2.0, 2.5)  # x, y, z


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    """A body with two lungs; the patient's right one is darker."""
    import nibabel

    hu = np.full(SHAPE, 40, np.int16)
    hu[_lung(1)], hu[_lung(2)] = -900, -600
    file = tmp_path_factory.mktemp("scan") / "scan.nii.gz"
    # x to the left, y to the back, z to the head: L, P, S.
    affine = np.diag([-SPACING_MM[0], -SPACING_MM[1], SPACING_MM[2], 1.0])
    nibabel.save(nibabel.Nifti1Image(hu.transpose(2, 1, 0), affine), file)
    return load_nifti(file)


def _lung(side: int) -> npt.NDArray[np.bool_]:
    """Ellipses 60 mm deep with a dome for a floor, from slice 10 to 80."""
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    away2 = ((y - 40) / 32) ** 2 + ((x - (34 if side == 1 else 85)) / 20) ** 2
    inside: npt.NDArray[np.bool_] = (away2 <= 1) & (z >= 28 - 18 * away2) & (z <= 80)
    return inside


def _tubes() -> tuple[Labels, Labels]:
    """A trachea down to slice 55, one bronchus into the right lung and on to its base; a vessel in the left lung."""
    airways, vessels = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    airways[55:, 36:44, 56:64], airways[52:55, 36:44, 34:64], airways[33:52, 36:44, 34:40] = 1, 2, 3
    vessels[36:60, 20:30, 84:88] = 1
    return airways, vessels


@pytest.fixture(scope="module")
def measured(scan: Volume) -> Measured:
    """Consolidation fills the back half of the right lung, honeycombing a cube of the left one."""
    lungs = np.zeros(SHAPE, np.uint8)
    lungs[_lung(1)], lungs[_lung(2)] = 1, 2
    lobes: Labels = np.where(lungs == 1, 3, np.where(lungs == 2, 5, 0)).astype(np.uint8)
    patterns = np.zeros(SHAPE, np.uint8)
    patterns[:, 40:][lungs[:, 40:] == 1] = 2
    patterns[:, 30:40, 80:90] = 4
    return Measured({}, lungs, lobes, patterns, scan, 55, *_tubes())


@pytest.fixture(scope="module")
def folder(measured: Measured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("run") / album.FOLDER
    pictures.draw(measured, where)
    return where


def drawn(folder: Path) -> dict[str, Picture]:
    found = album.read(folder.parent)
    assert found is not None
    return {one.name: one for one in found.pictures}


def painted(folder: Path, name: str, kind: str = "mask") -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(folder / f"{name}-{kind}.png").convert("RGBA"))


def ink(pattern: str) -> tuple[int, int, int, int]:
    return rgba(pictures.INKS[pattern])


def rgba(colour: str) -> tuple[int, int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue, 255


def test_seven_pictures_with_their_masks_and_nothing_else(folder: Path) -> None:
    files = {album.INDEX}
    for name, one in drawn(folder).items():
        kinds = ("mask", *one.tubes)
        files |= {f"{name}.png", *(f"{name}-{kind}.png" for kind in kinds)}
        grey, *masks = (Image.open(folder / f"{file}.png") for file in (name, *(f"{name}-{kind}" for kind in kinds)))
        assert (grey.mode, {mask.mode for mask in masks}) == ("L", {"P"})
        assert {mask.size for mask in masks} == {grey.size} == {(one.width, one.height)}
        assert max(grey.size) <= pictures.LONGEST_PX
    assert {file.name for file in folder.iterdir()} == files
    assert files - {album.INDEX} <= album.FILES
    assert tuple(drawn(folder)) == album.NAMES


def test_the_right_lung_is_at_the_left(folder: Path) -> None:
    for name in drawn(folder):
        grey = np.asarray(Image.open(folder / f"{name}.png"))
        row = grey[grey.shape[0] // 3]
        left, right = row[: len(row) // 2], row[len(row) // 2 :]
        assert left.min() < right.min(), name


def test_the_window_is_that_of_lungs() -> None:
    shades = pictures.window(np.array([[-1500, -1350, -600, 150, 900]], np.int16))[0].tolist()
    assert shades == [0, 0, 126, 254, 254]


def test_front_and_head_are_at_the_top(folder: Path) -> None:
    consolidation = np.nonzero((painted(folder, "level-2") == ink("consolidation")).all(axis=2))[0]
    assert consolidation.min() >= drawn(folder)["level-2"].height * 0.45, "the back of the lung is the lower half"
    grey = np.asarray(Image.open(folder / "coronal.png"))
    widths = [int((row < 130).sum()) for row in (grey[len(grey) // 6], grey[-len(grey) // 6])]
    assert widths[0] > widths[1], "the domes narrow the lungs from below"


def test_square_millimetres(folder: Path, measured: Measured) -> None:
    """Each lung is 40 x 3 mm wide and 64 x 2 mm deep; the coronal section is 70 slices of 2.5 mm high."""
    found = album.read(folder.parent)
    assert found is not None
    alpha = painted(folder, "level-1")[:, :, 3]
    left = np.nonzero((alpha[:, : alpha.shape[1] // 2] > 0).any(axis=0))[0]
    assert np.ptp(left) * found.mm_per_pixel == pytest.approx(120, abs=8)
    rows = np.nonzero((painted(folder, "level-1")[:, :, 3] > 0).any(axis=1))[0]
    assert np.ptp(rows) * found.mm_per_pixel == pytest.approx(128, abs=8)
    rows = np.nonzero((painted(folder, "coronal")[:, :, 3] > 0).any(axis=1))[0]
    assert np.ptp(rows) * found.mm_per_pixel == pytest.approx(175, abs=10)


def test_patterns_are_painted_in_their_inks_and_named(folder: Path) -> None:
    one = drawn(folder)["level-2"]
    assert one.patterns == ("consolidation", "honeycombing")
    found = {tuple(colour) for colour in painted(folder, "level-2").reshape(-1, 4).tolist() if colour[3]}
    assert {ink("consolidation"), ink("honeycombing")} <= found
    assert ink("ground_glass") not in found


def test_airways_and_vessels_have_masks_where_a_section_meets_them(folder: Path) -> None:
    assert [one.tubes for one in drawn(folder).values()] == [
        ("airways",),  # level 1, above the vessel
        ("airways", "vessels"),
        ("airways", "vessels"),
        ("airways",),  # level 4, below the vessel
        (),  # level 5, below both
        ("airways",),  # the vessel lies in front of the coronal section
        ("vessels",),  # of the tree, whose mask is the airways
    ]
    trachea = painted(folder, "level-2", "airways")
    across = np.nonzero(trachea[:, :, 3].any(axis=0))[0]
    middle = trachea.shape[1] / 2
    assert across.min() < middle < across.max()
    vessel = np.nonzero(painted(folder, "level-2", "vessels")[:, :, 3])
    assert vessel[1].min() > middle, "the vessel is in the left lung"
    assert vessel[0].max() < trachea.shape[0] / 2, "and in front"


def test_the_tree_is_seen_whole_from_the_front(folder: Path) -> None:
    tree, shades = painted(folder, "tree"), [rgba(one.colour) for one in tubes.AIRWAY_INKS]
    trachea, bronchus, onward = (np.nonzero((tree == shade).all(axis=2)) for shade in shades[:3])
    assert trachea[0].max() < onward[0].min(), "it goes down"
    assert onward[1].max() < trachea[1].min(), "into the patient's right lung, at the left"
    assert bronchus[1].min() < trachea[1].min() <= bronchus[1].max() + 1
    assert not (tree == shades[3]).all(axis=2).any()
    assert (painted(folder, "tree", "vessels")[:, :, 3] == tubes.VESSEL_ALPHA[-1]).any(), "20 mm of vessel"
    one = drawn(folder)["tree"]
    assert (one.slice, one.position_mm, one.patterns) == (None, None, ())


def test_a_result_without_tubes_has_the_other_pictures(measured: Measured, tmp_path: Path) -> None:
    """As results of before the airway tree."""
    found = pictures.draw(replace(measured, airways=None, vessels=None), tmp_path / album.FOLDER)
    assert [one.name for one in found.pictures] == list(album.NAMES[:-1])
    assert {one.tubes for one in found.pictures} == {()}


def test_an_album_of_before_tubes_is_read(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / album.INDEX).read_text())
    for one in content["pictures"]:
        del one["tubes"]
    (tmp_path / album.FOLDER).mkdir()
    (tmp_path / album.FOLDER / album.INDEX).write_text(json.dumps(content))
    found = album.read(tmp_path)
    assert found is not None
    assert {one.tubes for one in found.pictures} == {()}


def test_what_is_not_marked_is_transparent(folder: Path) -> None:
    mask = painted(folder, "level-1")
    assert mask[0, 0, 3] == 0
    assert 0 < (mask[:, :, 3] > 0).mean() < 0.5


def test_the_inks_are_those_of_the_pages() -> None:
    tokens = dict(re.findall(r"(--[\w-]+):\s*(#\w+);", TOKENS.read_text()))
    assert {name: tokens[token] for name, token in INK_TOKENS.items()} == pictures.INKS
    assert (tokens["--ct-ink-2"], tokens["--ov-lung"]) == (pictures.LOBE_INK, tubes.LUNG_INK)
    steps = [tokens[f"--ov-airway-{generation}"] for generation in range(len(tubes.AIRWAY_INKS))]
    assert steps == [one.colour for one in tubes.AIRWAY_INKS]
    assert tokens["--ov-vessel"] == tubes.VESSEL_INK


def test_each_picture_says_where_it_lies(folder: Path, measured: Measured) -> None:
    found = drawn(folder)
    assert [found[f"level-{n}"].basis for n in range(1, 6)] == ["estimated", "seen", "estimated", "estimated", "seen"]
    assert (found["level-2"].slice, found["level-2"].title) == (55, "Main carina")
    assert found["level-2"].position_mm == measured.volume.positions_mm[55]
    middle = found["coronal"].slice
    assert middle is not None
    assert found["coronal"].position_mm == pytest.approx(middle * SPACING_MM[1]), "DICOM y counts to the back"


def test_a_level_outside_the_scan_has_no_picture(measured: Measured, tmp_path: Path) -> None:
    cut = slice(35, None)
    volume = replace(measured.volume, hu=measured.volume.hu[cut], positions_mm=measured.volume.positions_mm[cut])
    lungs, lobes, patterns = (one[cut] for one in (measured.lungs, measured.lobes, measured.patterns))
    found = pictures.draw(Measured({}, lungs, lobes, patterns, volume, 20), tmp_path / album.FOLDER)
    assert [one.is_there for one in found.pictures] == [True, True, True, False, False, True]
    assert not (tmp_path / album.FOLDER / "level-5.png").exists()
    assert album.read(tmp_path) == found


def test_the_version_changes_with_what_is_drawn(measured: Measured, folder: Path, tmp_path: Path) -> None:
    again = pictures.draw(measured, tmp_path / album.FOLDER)
    assert again == album.read(folder.parent)
    clean = replace(measured, patterns=np.zeros_like(measured.patterns))
    assert pictures.draw(clean, tmp_path / album.FOLDER).version != again.version


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pictures": [{"odd": 1}], "version": "x", "mm_per_pixel": 1}'])
def test_a_damaged_list_is_no_list(folder: Path, tmp_path: Path, text: str) -> None:
    assert album.read(tmp_path) is None
    (tmp_path / album.FOLDER).mkdir()
    (tmp_path / album.FOLDER / album.INDEX).write_text(text)
    assert album.read(tmp_path) is None


def test_the_list_is_plain_json(folder: Path) -> None:
    assert json.loads((folder / album.INDEX).read_text())["schema"] == album.SCHEMA
