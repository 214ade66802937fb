"""read_header on what scanners, archives and accidents make of a file."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, Sequence, dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from patients.intake import filekind
from patients.intake.header import InstanceHeader, Refused, read_header
from tests.phantom import write_series


@pytest.fixture
def slice_(tmp_path: Path) -> Path:
    return write_series(tmp_path / "series", slices=3, size=8, PatientName="Müller^Zoë")[1]


def changed(file: Path, **tags: Any) -> Path:
    dataset = dcmread(file)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    target = file.with_name("changed.dcm")
    dataset.save_as(target)
    return target


def code_of(file: Path) -> str:
    with pytest.raises(Refused) as refused:
        read_header(file)
    assert str(file) in str(refused.value)
    return refused.value.code


def test_reads_what_a_slice_says(slice_: Path) -> None:
    header = read_header(slice_)
    assert (header.patient_id, header.sex, header.modality, header.rows, header.columns) == ("PH-1", "F", "CT", 8, 8)
    assert header.birth_date is not None
    assert header.birth_date.isoformat() == "1960-01-01"
    assert (header.orientation, header.slice_thickness) == ((1, 0, 0, 0, 1, 0), 2.5)
    assert header.position is not None
    assert header.position[2] == 0
    assert header.checksum == hashlib.sha256(slice_.read_bytes()).hexdigest()
    assert header.pixel_digest == hashlib.sha256(dcmread(slice_).PixelData).hexdigest()


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian]
)
@pytest.mark.parametrize("preamble", [True, False])
def test_one_image_in_every_uncompressed_encoding_is_one_image(slice_: Path, syntax: Any, preamble: bool) -> None:
    if syntax == DeflatedExplicitVRLittleEndian and not preamble:
        # Without file meta information nothing tells that a file is deflated.
        preamble = True
    dataset = dcmread(slice_)
    if syntax == ExplicitVRBigEndian:
        swapped = bytearray(dataset.PixelData)
        swapped[0::2], swapped[1::2] = swapped[1::2], swapped[0::2]
        dataset.PixelData = bytes(swapped)
    dataset.file_meta.TransferSyntaxUID = syntax
    target = slice_.with_name("other.dcm")
    if preamble:
        dcmwrite(target, dataset, enforce_file_format=True)
    else:
        del dataset.file_meta
        bare = Dataset(dataset)
        dcmwrite(
            target,
            bare,
            implicit_vr=syntax == ImplicitVRLittleEndian,
            little_endian=syntax != ExplicitVRBigEndian,
        )
        assert not filekind.has_preamble(target.read_bytes())
    header, other = read_header(slice_), read_header(target)
    assert other.transfer_syntax == syntax
    assert (other.sop_uid, other.pixel_digest, other.position) == (header.sop_uid, header.pixel_digest, header.position)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Zoë"),
        ("ISO_IR 192", "Ångström^Đorđe"),
        ("ISO_IR 144", "Щукин^Юрий"),
        ("GB18030", "王^小东"),
    ],
)
def test_names_in_any_character_set(slice_: Path, charset: str, name: str) -> None:
    header = read_header(changed(slice_, SpecificCharacterSet=charset, PatientName=name))
    assert f"{header.family_name}^{header.given_name}" == name


def test_a_name_without_its_latin_group_is_read_from_the_next(slice_: Path) -> None:
    file = changed(slice_, SpecificCharacterSet="ISO_IR 192", PatientName="=山田^太郎=やまだ^たろう")
    assert (read_header(file).family_name, read_header(file).given_name) == ("山田", "太郎")


def test_odd_values_are_absent_not_errors(slice_: Path) -> None:
    dataset = dcmread(slice_)
    for keyword, value in {
        "PatientBirthDate": b"19610231",
        "StudyTime": b"99:99",
        "SliceThickness": b"thin",
        "ImagePositionPatient": b"1\\2",
        "SeriesNumber": b"3.7",
        "PatientSex": b" f ",
        "SeriesDescription": b"a\x00b\x1bc ",
        "KVP": b"inf",
    }.items():
        dataset[keyword]._value = value.decode()
    buffer = BytesIO()
    dcmwrite(buffer, dataset)
    target = slice_.with_name("odd.dcm")
    target.write_bytes(buffer.getvalue())
    header = read_header(target)
    assert (header.birth_date, header.study_time, header.slice_thickness) == (None, None, None)
    assert (header.position, header.series_number, header.kvp) == (None, None, None)
    assert header.sex == "F"
    assert header.series_description.isprintable()


@pytest.mark.parametrize("cut", [1, 40, 120])
def test_cut_off_pixel_data_are_refused(slice_: Path, cut: int) -> None:
    slice_.write_bytes(slice_.read_bytes()[:-cut])
    assert code_of(slice_) == "truncated"


def test_every_shorter_file_is_refused_by_name(slice_: Path) -> None:
    whole = slice_.read_bytes()
    codes = []
    for length in range(0, len(whole), 7):
        slice_.write_bytes(whole[:length])
        codes.append(code_of(slice_))
    assert {"empty", "not_dicom", "truncated"} <= set(codes)
    assert set(codes[-8:]) == {"truncated"}


def test_cut_off_compressed_frames_are_refused(slice_: Path) -> None:
    dataset = dcmread(slice_)
    dataset.compress(RLELossless)
    dataset.save_as(slice_)
    assert read_header(slice_).transfer_syntax == RLELossless
    whole = slice_.read_bytes()
    for cut in (8, 12, 40):
        slice_.write_bytes(whole[:-cut])
        assert code_of(slice_) == "truncated"


def test_fewer_compressed_frames_than_promised_are_refused(slice_: Path) -> None:
    dataset = dcmread(slice_)
    dataset.compress(RLELossless)
    dataset.NumberOfFrames = 3
    dataset.PixelData = encapsulate([b"\0" * 66, b"\0" * 66])
    dataset.save_as(slice_)
    assert code_of(slice_) == "truncated"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"SOPInstanceUID": "../../etc/passwd"}, "no_uid"),
        ({"SeriesInstanceUID": ""}, "no_uid"),
        ({"StudyInstanceUID": "1." + "2" * 70}, "no_uid"),
        ({"Modality": "MR"}, "not_ct"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary_capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67"}, "dose_report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "not_ct"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"Rows": 0}, "damaged"),
        ({"Rows": 4096}, "truncated"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_what_is_no_slice_is_refused_by_its_kind(slice_: Path, tags: dict[str, Any], code: str) -> None:
    assert code_of(changed(slice_, **tags)) == code


def test_an_encoding_that_nobody_here_decodes_is_refused_by_name(slice_: Path) -> None:
    dataset = dcmread(slice_)
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.102")
    dataset.PixelData = encapsulate([b"\0" * 66])
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(slice_)
    with pytest.raises(Refused, match=r"MPEG-4 .* not supported"):
        read_header(slice_)


def test_a_small_deflated_file_cannot_fill_the_memory(slice_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filekind, "MAX_INFLATED_BYTES", 10**6)
    dataset = dcmread(slice_)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.Rows, dataset.Columns, dataset.PixelData = 2000, 2000, bytes(8_000_000)
    dataset.save_as(slice_)
    assert slice_.stat().st_size < 20_000
    assert code_of(slice_) == "too_large"


def test_a_multi_frame_header_is_read_through_its_functional_groups(slice_: Path) -> None:
    dataset = dcmread(slice_)
    dataset.SOPClassUID, dataset.NumberOfFrames = EnhancedCTImageStorage, 2
    dataset.PixelData = dataset.PixelData * 2
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "RescaleSlope",
    ):
        delattr(dataset, keyword)
    dataset.SharedFunctionalGroupsSequence = Sequence(
        [
            group(
                PlaneOrientationSequence={"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
                PixelMeasuresSequence={"PixelSpacing": [0.7, 0.7], "SliceThickness": 1.25},
                PixelValueTransformationSequence={"RescaleSlope": 1, "RescaleIntercept": -1024, "RescaleType": "HU"},
                CTReconstructionSequence={"ConvolutionKernel": "Br40d"},
            )
        ]
    )
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [group(PlanePositionSequence={"ImagePositionPatient": [0, 0, z]}) for z in (5.0, 6.25)]
    )
    dataset.save_as(slice_)
    header = read_header(slice_)
    assert [plane.position for plane in header.planes] == [(0, 0, 5.0), (0, 0, 6.25)]
    assert (header.frames, header.pixel_spacing, header.slice_thickness) == (2, (0.7, 0.7), 1.25)
    assert (header.has_rescale, header.kernel, header.orientation) == (True, "Br40d", (1, 0, 0, 0, 1, 0))


def group(**macros: dict[str, Any]) -> Dataset:
    """A functional group with one item a macro."""
    found = Dataset()
    for keyword, tags in macros.items():
        item = Dataset()
        for tag, value in tags.items():
            setattr(item, tag, value)
        setattr(found, keyword, Sequence([item]))
    return found


def test_a_folder_or_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    assert code_of(tmp_path) == "unreadable"
    assert code_of(tmp_path / "nothing") == "unreadable"


CT = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
DEFLATED = Path(str(get_testdata_file("image_dfl.dcm"))).read_bytes()
CHANGE = st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=12))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    original=st.sampled_from([CT, CT[132:], DEFLATED]), changes=st.lists(CHANGE, max_size=8), keep=st.integers(0, 40000)
)
def test_no_damage_ends_in_anything_but_a_header_or_a_refusal(
    tmp_path: Path, original: bytes, changes: list[tuple[int, bytes]], keep: int
) -> None:
    damaged = bytearray(original)
    for place, bytes_ in changes:
        damaged[place : place + len(bytes_)] = bytes_
    file = tmp_path / "damaged.dcm"
    file.write_bytes(damaged[:keep])
    header, refusal = outcome(file)
    if refusal:
        assert refusal.code
        assert refusal.detail.isprintable()
    if header:
        assert header.sop_uid
        assert header.frames == len(header.planes)


def outcome(file: Path) -> tuple[InstanceHeader | None, Refused | None]:
    try:
        return read_header(file), None
    except Refused as refusal:
        return None, refusal


def test_damaged_deflated_data_are_refused(slice_: Path) -> None:
    dataset = dcmread(slice_)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(slice_)
    whole = slice_.read_bytes()
    slice_.write_bytes(whole[: len(whole) // 2] + b"\xff" * 40)
    assert code_of(slice_) == "damaged"
