"""The columns of a lung-function file: names, units and forms. No Django here.

What a number can be stands in `patients.lungfunction.limits`. docs/intake.md shows the same table to users; a test
holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "date", "time", "number", "choice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; ``places`` decimals are kept of a number."""

    name: str
    kind: Kind = "number"
    unit: str = ""
    aliases: tuple[str, ...] = ()
    places: int = 3
    choices: Mapping[str, str] | None = None


GRADES = {grade.lower(): grade for grade in "ABCDEFU"}
COLUMNS: tuple[Column, ...] = (
    Column(name="code", kind="text", aliases=("patient", "patient_code", "pseudonym")),
    Column(name="identifier", kind="text", aliases=("patient_id", "patientid", "mrn")),
    Column(name="identifier_system", kind="text", aliases=("issuer", "system")),
    Column(name="date", kind="date", aliases=("test_date", "visit_date", "pft_date")),
    Column(name="time", kind="time", aliases=("test_time",)),
    Column(name="height_cm", unit="cm", aliases=("height",), places=1),
    Column(name="weight_kg", unit="kg", aliases=("weight",), places=1),
    Column(name="fvc_l", unit="L", aliases=("fvc",)),
    Column(name="fev1_l", unit="L", aliases=("fev1",)),
    Column(name="fev1_fvc_percent", unit="%", aliases=("fev1_fvc", "tiffeneau")),
    Column(
        name="mef2575_l_s",
        unit="L/s",
        aliases=("mef2575", "mef25_75", "mef25_75_l_s", "fef2575_l_s", "fef25_75", "fef25_75_l_s", "mmef_l_s"),
    ),
    Column(
        name="dlco_mmol_min_kpa",
        unit="mmol/min/kPa",
        aliases=("tlco_mmol_min_kpa",),
        places=4,
    ),
    Column(name="dlco_ml_min_mmhg", unit="mL/min/mmHg", aliases=("tlco_ml_min_mmhg",), places=4),
    Column(
        name="kco_mmol_min_kpa_l",
        unit="mmol/min/kPa/L",
        aliases=("dlco_va_mmol_min_kpa_l", "tlco_va_mmol_min_kpa_l"),
        places=4,
    ),
    Column(name="va_l", unit="L", aliases=("va",)),
    Column(name="tlc_l", unit="L", aliases=("tlc",)),
    Column(name="rv_l", unit="L", aliases=("rv",)),
    Column(name="frc_l", unit="L", aliases=("frc", "itgv_l", "tgv_l")),
    Column(
        name="volume_method",
        kind="choice",
        choices={"plethysmography": "plethysmography", "body": "plethysmography", "dilution": "dilution"}
        | dict.fromkeys(("helium", "nitrogen", "washout"), "dilution"),
    ),
    Column(name="sgaw_per_s_kpa", unit="1/(s kPa)", aliases=("sgaw_1_s_kpa",)),
    Column(
        name="haemoglobin_g_dl",
        unit="g/dL",
        aliases=("hb_g_dl", "hemoglobin_g_dl"),
        places=2,
    ),
    Column(name="hb_date", kind="date", aliases=("haemoglobin_date",)),
    Column(
        name="bronchodilator",
        kind="choice",
        aliases=("bd",),
        choices={"pre": "pre", "before": "pre", "post": "post", "after": "post"},
    ),
    Column(name="quality_fvc", kind="choice", aliases=("grade_fvc",), choices=GRADES),
    Column(name="quality_dlco", kind="choice", aliases=("grade_dlco",), choices=GRADES),
    Column(
        name="dlco_not_done_reason",
        kind="choice",
        choices={words: words for words in ("not ordered", "could not perform", "refused", "technical")},
    ),
    Column(name="laboratory", kind="text", aliases=("lab",)),
    Column(name="device", kind="text"),
    Column(name="position", kind="text"),
)
BY_NAME = {name: column for column in COLUMNS for name in (column.name, *column.aliases)}
# Measures that come in more than one unit: without the unit in the name nothing may be guessed.
WITHOUT_UNIT = {
    **dict.fromkeys(("dlco", "tlco", "dlco_sb", "tlco_sb"), "dlco_mmol_min_kpa or dlco_ml_min_mmhg"),
    **dict.fromkeys(("kco", "dlco_va", "tlco_va"), "kco_mmol_min_kpa_l"),
    **dict.fromkeys(("hb", "haemoglobin", "hemoglobin"), "haemoglobin_g_dl"),
    **dict.fromkeys(("sgaw",), "sgaw_per_s_kpa"),
}


def normalised(heading: str) -> str:
    """The name behind a heading: lower case, words joined by underscores.

    >>> normalised("DLCO [mL/min/mmHg]"), normalised("FEV1/FVC (%)")
    ('dlco_ml_min_mmhg', 'fev1_fvc_percent')
    """
    return re.sub(r"[^a-z0-9]+", "_", heading.lower().replace("%", " percent ")).strip("_")
