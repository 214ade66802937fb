"""import_pft as a user meets it: good files of every kind, and each fault named with its way out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from patients import services
from patients.models import DerivedValue, Patient, PulmonaryFunctionTest, Source
from tests.intake.conftest import Ask

pytestmark = pytest.mark.django_db
HEAD = "code;date;height_cm;fvc_l;fev1_l"
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def patient() -> Patient:
    patient = services.create_patient(code="SSc-0147", sex="F", birth_date=dt.date(1960, 1, 1))
    services.add_identifier(patient, "Liège", "4711")
    return patient


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def lines(*rows: str, encoding: str = "utf-8") -> Path:
        file = tmp_path / "pft.csv"
        file.write_text("\n".join(rows) + "\n", encoding=encoding)
        return file

    return lines


def stored() -> PulmonaryFunctionTest:
    return PulmonaryFunctionTest.objects.get()


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("code;date;FVC (L);FEV1 [L];laboratory", "SSc-0147;2024-03-31;3,21;2,5;Liège"),
        ("code,date,fvc_l,fev1_l,laboratory", 'SSc-0147,2024-03-31,"3,21",2.5,Liège'),
        ("code\tdate\tFVC\tFEV1\tLab", "SSc-0147\t31.03.2024\t3.21\t2.5\tLiège"),
        ("patient|test_date|fvc|fev1|lab", "SSc-0147|2024/03/31|3.21|2.5|Liège"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_any_usual_csv_is_read(ask: Ask, write: Write, heading: str, row: str, encoding: str) -> None:
    answer = ask("import_pft", write(heading, row, encoding=encoding))
    assert answer.code == 0, answer.error
    pft = stored()
    assert (pft.fvc_l, pft.fev1_l, pft.date, pft.laboratory) == (
        Decimal("3.21"),
        Decimal("2.5"),
        dt.date(2024, 3, 31),
        "Liège",
    )
    assert (pft.source, pft.source_detail) == (Source.IMPORT, "pft.csv row 2")


def test_a_spreadsheet_is_read_with_its_own_dates_and_numbers(ask: Ask, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Code", "Date", "Time", "FVC (L)", "Hb [g/dL]", "Quality FVC", "Bronchodilator", "comment"])
    sheet.append(["SSc-0147", dt.date(2024, 3, 31), dt.time(9, 30), 3.21, 13.5, "a", "PRE", "ignored"])
    sheet.append([None] * 8)
    book.save(tmp_path / "pft.xlsx")
    answer = ask("import_pft", tmp_path / "pft.xlsx")
    assert answer.code == 0, answer.error
    pft = stored()
    assert (pft.fvc_l, pft.time, pft.haemoglobin_g_dl) == (Decimal("3.21"), dt.time(9, 30), Decimal("13.5"))
    assert (pft.quality_fvc, pft.bronchodilator) == ("A", "pre")
    assert "comment '': is not a column that is imported; it is left out" in answer.out


@pytest.mark.parametrize(
    ("headings", "cells", "complaint"),
    [
        (["height_cm", "FVC"], [1.75, 3.0], "height_cm '1.75': is impossible in cm (50 to 250)"),
        (["FVC"], [-3], "FVC '-3': is not above 0"),
        (["TLC", "RV"], [-5, 2], "TLC '-5': is not above 0"),
        (["FVC"], ["3.1 L"], "FVC '3.1 L': is not a number in L"),
        (["FVC"], [True], "FVC 'True': is not a number in L"),
        (["FVC"], [dt.date(2024, 3, 2)], "FVC '2024-03-02': is not a number in L"),
        (["DLCO [mL/min/mmHg]", "DLCO [mmol/min/kPa]"], [15, 5], "DLCO [mL/min/mmHg] '15': stands beside"),
    ],
)
def test_a_fault_in_a_spreadsheet_is_named_as_in_any_file(
    ask: Ask, tmp_path: Path, headings: list[str], cells: list[object], complaint: str
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Code", "Date", *headings])
    sheet.append(["SSc-0147", dt.date(2024, 3, 31), *cells])
    sheet.append(["SSc-0147", dt.date(2024, 4, 30), *[None] * (len(cells) - 1), 4])
    book.save(tmp_path / "pft.xlsx")
    answer = ask("import_pft", tmp_path / "pft.xlsx")
    assert answer.code == 2
    assert f"ERROR row 2, {complaint}" in answer.out
    assert not PulmonaryFunctionTest.objects.exists()


def test_two_values_on_one_date_come_in_and_nothing_is_computed_from_them(ask: Ask, write: Write) -> None:
    head = "code;date;time;height_cm;fvc_l;dlco_mmol_min_kpa"
    answer = ask("import_pft", write(head, "SSc-0147;2024-03-31;9:00;160;3;5", "SSc-0147;2024-03-31;11:00;160;2.6;"))
    assert answer.code == 0
    assert "finding row 2, fvc_l '3': FVC 3 L stands beside 2.6 L of the same date" in answer.out
    assert "finding row 3, fvc_l '2.6': FVC 2.6 L stands beside 3 L of the same date" in answer.out
    assert set(DerivedValue.objects.values_list("measure", flat=True)) == {"DLCO"}


def test_dlco_in_traditional_units_is_converted_and_kept(ask: Ask, write: Write) -> None:
    ask("import_pft", write("code;date;DLCO (mL/min/mmHg)", "SSc-0147;2024-03-31;17,9"))
    pft = stored()
    assert pft.dlco_mmol_min_kpa == Decimal("5.9926")
    assert (pft.dlco_entered, pft.dlco_entered_unit) == (Decimal("17.9"), "mL/min/mmHg")


def test_haemoglobin_in_g_per_l_is_recognised_and_said(ask: Ask, write: Write) -> None:
    file = write("code;date;hb_g_dl;DLCO (mL/min/mmHg)", "SSc-0147;2024-03-31;135;17,9")
    answer = ask("import_pft", file)
    assert "finding row 2, hb_g_dl '135': Haemoglobin 135 was taken as g/L: 13.5 g/dL." in answer.out
    assert stored().haemoglobin_g_dl == Decimal("13.5")
    assert {row.measure for row in stored().derived.all()} == set()
    assert "already there" in ask("import_pft", file).out


def test_an_implausible_transfer_factor_is_said_of_the_column_it_came_in(ask: Ask, write: Write) -> None:
    answer = ask("import_pft", write("code;date;DLCO (mL/min/mmHg)", "SSc-0147;2024-03-31;60"))
    assert "finding row 2, DLCO (mL/min/mmHg) '60': DLCO 20.087 mmol/min/kPa is unusual" in answer.out


def test_a_later_row_may_speak_against_an_earlier_one(ask: Ask, write: Write) -> None:
    answer = ask("import_pft", write(HEAD, "SSc-0147;2024-03-31;160;2;1.5", "SSc-0147;2024-01-31;160;3;2"))
    assert answer.code == 0
    assert "finding row 2, fvc_l '2': FVC 2 L is a change of -33% from 3 L on 2024-01-31" in answer.out


def test_a_patient_is_found_by_an_identifier_and_its_system(ask: Ask, write: Write) -> None:
    file = write("mrn;issuer;date;fvc", "4711;Liège;2024-03-31;3.2", "4711;Gent;2024-04-30;3.2")
    answer = ask("import_pft", file)
    assert answer.code == 2
    assert "ERROR row 3, mrn '4711': is unknown in its identifier_system" in answer.out
    assert ask("import_pft", write("mrn;issuer;date;fvc", "4711;Liège;2024-03-31;3.2")).code == 0
    assert stored().patient.code == "SSc-0147"


@pytest.mark.parametrize(
    ("heading", "row", "complaint"),
    [
        (HEAD, "SSc-9;2024-03-31;160;3;2", "code 'SSc-9': is no patient's code"),
        (HEAD, ";2024-03-31;160;3;2", "code '': names no patient"),
        (HEAD, "SSc-0147;;160;3;2", "date '': is missing"),
        (HEAD, "SSc-0147;03/04/2024;160;3;2", "date '03/04/2024': is not a date that can be read one way only"),
        (HEAD, "SSc-0147;2023-02-29;160;3;2", "date '2023-02-29': is a day that does not exist"),
        (HEAD, "SSc-0147;2099-01-01;160;3;2", "date '2099-01-01': lies in the future"),
        (HEAD, "SSc-0147;1959-12-31;160;3;2", "date '1959-12-31': lies before the birth of SSc-0147"),
        (HEAD, "SSc-0147;2024-03-31;1.60;3;2", "height_cm '1.60': is impossible in cm (50 to 250)"),
        (HEAD, "SSc-0147;2024-03-31;251;3;2", "height_cm '251': is impossible in cm (50 to 250)"),
        (HEAD, "SSc-0147;2024-03-31;160;0;2", "fvc_l '0': is not above 0: leave it empty"),
        (HEAD, "SSc-0147;2024-03-31;160;-3;2", "fvc_l '-3': is not above 0"),
        (HEAD, "SSc-0147;2024-03-31;160;3 L;2", "fvc_l '3 L': is not a number in L"),
        (HEAD, "SSc-0147;2024-03-31;160;1.234,5;2", "fvc_l '1.234,5': is not a number in L"),
        (HEAD, "SSc-0147;2024-03-31;160;9999;2", "fvc_l '9999': is impossible in L"),
        (HEAD, "SSc-0147;2024-03-31;160;2;3", "fev1_l '3': is impossible beside fvc_l 2.000"),
        (HEAD, "SSc-0147;2024-03-31;160;NA;-", "fvc_l 'NA': nothing is measured in this row"),
        ("code;date;tlc;rv", "SSc-0147;2024-03-31;5;5", "rv '5': is impossible beside tlc_l 5.000"),
        ("code;date;tlc;frc", "SSc-0147;2024-03-31;5;6", "frc '6': is impossible beside tlc_l 5.000"),
        ("code;date;fev1_fvc", "SSc-0147;2024-03-31;0.78", "fev1_fvc '0.78': is impossible in % (1.5 to 100)"),
        ("code;date;hb_g_dl;fvc", "SSc-0147;2024-03-31;1350;3", "hb_g_dl '1350': is impossible in g/dL (up to 25)"),
        ("code;date;time;fvc", "SSc-0147;2024-03-31;25:00;3", "time '25:00': is not a time"),
        ("code;date;quality_fvc;fvc", "SSc-0147;2024-03-31;X;3", "quality_fvc 'X': is none of: A, B, C, D, E, F, U"),
        (
            "code;date;dlco_mmol_min_kpa;dlco_not_done_reason",
            "SSc-0147;2024-03-31;5;refused",
            "dlco_not_done_reason 'refused': stands beside a DLCO value",
        ),
        (
            "code;date;dlco_mmol_min_kpa;dlco_ml_min_mmhg",
            "SSc-0147;2024-03-31;5;15",
            "dlco_ml_min_mmhg '15': stands beside dlco_mmol_min_kpa",
        ),
        ("code;mrn;date;fvc", "SSc-0001;4711;2024-03-31;3", "code 'SSc-0001': is no patient's code"),
    ],
)
def test_a_fault_in_a_row_names_row_column_value_and_the_way_out(
    ask: Ask, write: Write, heading: str, row: str, complaint: str
) -> None:
    answer = ask("import_pft", write(heading, row))
    assert answer.code == 2
    assert answer.error.endswith("1 errors in 1 rows; nothing was stored")
    assert f"ERROR row 2, {complaint}" in answer.out


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["code;date;DLCO", "SSc-0147;2024-03-31;5"], "DLCO '': does not say its unit: name it dlco_mmol_min_kpa or"),
        (["code;date;fvc;FVC (L)", "SSc-0147;2024-03-31;3;3"], "FVC (L) '': is the same column as 'fvc': keep one"),
        (["code;fvc", "SSc-0147;3"], "date '': the column is missing"),
        (["date;fvc", "2024-03-31;3"], "code '': the column is missing: give code or identifier"),
    ],
)
def test_a_fault_in_the_headings_is_named(ask: Ask, write: Write, lines: list[str], complaint: str) -> None:
    answer = ask("import_pft", write(*lines))
    assert answer.code == 2
    assert f"ERROR row 1, {complaint}" in answer.out


def test_one_bad_row_keeps_every_row_out_and_all_faults_are_listed(ask: Ask, write: Write) -> None:
    file = write(HEAD, "SSc-0147;2024-01-31;160;3;2", "SSc-0147;2024-02-31;160;3;2", "nobody;2024-03-31;160;0;2")
    answer = ask("import_pft", file, "--json")
    assert answer.code == 2
    assert not PulmonaryFunctionTest.objects.exists()
    document = answer.document
    assert [(e["row"], e["column"]) for e in document["errors"]] == [(3, "date"), (4, "fvc_l")]
    assert (document["rows"], document["accepted"], document["stored"]) == (3, 1, 0)
    assert document["error"]["code"] == "bad_rows"


def test_a_dry_run_prints_the_same_and_stores_nothing(ask: Ask, write: Write) -> None:
    file = write(HEAD, "SSc-0147;2024-01-31;95;3;2", "SSc-0147;2024-02-29;160;3;2")
    dry = ask("import_pft", file, "--dry-run")
    assert not PulmonaryFunctionTest.objects.exists()
    wet = ask("import_pft", file)
    assert dry.code == wet.code == 0
    assert dry.out == f"{wet.out}dry run: nothing was stored\n"
    assert PulmonaryFunctionTest.objects.count() == 2


def test_an_unusual_value_is_a_finding_and_is_imported(ask: Ask, write: Write) -> None:
    answer = ask("import_pft", write(HEAD, "SSc-0147;2024-01-31;240;9.1;2"))
    assert answer.code == 0
    assert "finding row 2, height_cm '240': Height 240 cm is unusual: 100 to 230 cm is expected." in answer.out
    assert "finding row 2, fvc_l '9.1': FVC 9.1 L is unusual: 0.3 to 8 L is expected." in answer.out
    assert stored().fvc_l == Decimal("9.1")


def test_a_ratio_is_kept_only_where_it_cannot_be_derived(ask: Ask, write: Write) -> None:
    file = write("code;date;fvc;fev1;fev1_fvc_percent", "SSc-0147;2024-01-31;4;3;60", "SSc-0147;2024-02-29;4;;77.5")
    answer = ask("import_pft", file)
    assert (
        "finding row 2, fev1_fvc_percent '60': FEV1/FVC 60 % differs from FEV1 / FVC = 75.0 %; the volumes count"
        in answer.out
    )
    ratios = PulmonaryFunctionTest.objects.order_by("date").values_list("fev1_fvc_percent", flat=True)
    assert list(ratios) == [None, Decimal("77.5")]


def test_the_same_file_twice_changes_nothing(ask: Ask, write: Write) -> None:
    file = write("code;date;time;fvc;dlco_ml_min_mmhg", "SSc-0147;2024-01-31;9:30;3,1;17,9", "SSc-0147;2024-02-29;;3;")
    assert ask("import_pft", file, "--json").document["stored"] == 2
    again = ask("import_pft", file)
    assert again.code == 0
    assert "skipped row 2, date '2024-01-31': SSc-0147 has this session already" in again.out
    assert "rows: 2; 0 good, 2 already there, 0 findings, 0 errors" in again.out
    assert PulmonaryFunctionTest.objects.count() == 2


def test_another_session_at_the_same_time_is_an_error(ask: Ask, write: Write) -> None:
    ask("import_pft", write(HEAD, "SSc-0147;2024-01-31;160;3;2"))
    answer = ask("import_pft", write(HEAD, "SSc-0147;2024-01-31;160;3.1;2"))
    assert answer.code == 2
    assert "ERROR row 2, date '2024-01-31': SSc-0147 has another session at this date and time" in answer.out
    assert stored().fvc_l == 3


def test_rows_that_contradict_each_other_within_a_file_are_an_error(ask: Ask, write: Write) -> None:
    row = "SSc-0147;2024-01-31;160;3;2"
    assert ask("import_pft", write(HEAD, row, row, row.replace(";3;", ";4;"))).out.count("another session") == 1
    assert ask("import_pft", write(HEAD, row, row)).code == 0
    assert PulmonaryFunctionTest.objects.count() == 1


def test_before_and_after_bronchodilator_are_two_sessions(ask: Ask, write: Write) -> None:
    file = write("code;date;bronchodilator;fvc", "SSc-0147;2024-01-31;pre;3", "SSc-0147;2024-01-31;post;3.2")
    assert ask("import_pft", file).code == 0
    assert PulmonaryFunctionTest.objects.count() == 2


def test_a_session_after_death_is_an_error(ask: Ask, write: Write, patient: Patient) -> None:
    services.record_death(patient, dt.date(2023, 1, 1), precision="year")
    answer = ask("import_pft", write(HEAD, "SSc-0147;2023-12-31;160;3;2", "SSc-0147;2024-01-01;160;3;2"))
    assert answer.out.count("ERROR") == 1
    assert "ERROR row 3, date '2024-01-01': lies after the death of SSc-0147" in answer.out


def test_the_reason_for_a_missing_dlco_is_kept(ask: Ask, write: Write) -> None:
    ask("import_pft", write("code;date;dlco_not_done_reason", "SSc-0147;2024-01-31;Could not perform"))
    assert (stored().dlco_not_done_reason, stored().dlco_mmol_min_kpa) == ("could not perform", None)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"code;date;fvc\n", "there is a heading row and nothing below it"),
        (b"\xd0\xcf\x11\xe0 old", "an old Excel file: save it as .xlsx or CSV"),
        (b"PK\x03\x04 not a workbook", "not a readable XLSX file"),
        (b"\x00\x01\x02", "neither CSV nor XLSX"),
        (b"code,date,fvc\nSSc-0147,2024-01-31,3,21\n", "row 2 has more cells than there are headings"),
        (b'code;date;fvc\n"SSc-0147;2024-01-31;3\n', "unexpected end of data"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(
    ask: Ask, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "pft.csv"
    file.write_bytes(content)
    answer = ask("import_pft", file, "--json")
    assert answer.code == 2
    assert answer.error.startswith(f"{file}: ")
    assert complaint in answer.error
    assert "\n" not in answer.error
    assert answer.document == {"error": {"code": "bad_table", "detail": answer.error}}


def test_a_missing_file_is_refused_in_one_line(ask: Ask, tmp_path: Path) -> None:
    answer = ask("import_pft", tmp_path / "nowhere.csv")
    assert (answer.code, answer.out) == (2, "")
    assert "nowhere.csv: cannot be read: No such file or directory; nothing was stored" in answer.error


def test_a_formula_without_a_stored_result_is_not_taken_for_missing(ask: Ask, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["code", "date", "fvc"])
    book.worksheets[0].append(["SSc-0147", dt.date(2024, 3, 31), "=1+2"])
    book.save(tmp_path / "pft.xlsx")
    answer = ask("import_pft", tmp_path / "pft.xlsx")
    assert answer.code == 2
    assert "row 2 has a formula without a stored result" in answer.error
