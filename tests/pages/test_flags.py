"""Quality codes reach the reader with their meaning."""

from __future__ import annotations

import inspect
import re

from ildportal.pages.flags import UNNAMED, Flag, flags, meaning
from patients.intake import findings
from patients.models import CTSeries
from quant.engine.codes import CODES
from quant.models import Quantification


def test_every_code_of_the_headers_has_its_words() -> None:
    raised = set(re.findall(r'Finding\("(\w+)"', inspect.getsource(findings)))
    assert "contrast" in raised
    assert raised - set(CODES) == set()
    refused = {code for code in raised if CODES[code].severity == "refuse"}
    # The engine fills small gaps and refuses large ones; headers alone only flag them.
    assert refused - {"missing_slices", "uneven_spacing"} == findings.UNFIT


def test_the_engine_says_more_than_the_headers_and_nothing_is_lost() -> None:
    series = CTSeries(quality_codes=["contrast", "thick", "tilted"])
    warnings = [
        {"code": "contrast", "detail": "agent A"},
        {"code": "gantry_tilt", "detail": "the slices lean by 5.0 degrees"},
        {"code": "of_another_engine", "detail": "x"},
        {"code": "of_another_engine", "detail": "y"},
    ]
    assert flags(series, Quantification(warnings=warnings)) == [
        Flag("thick", "slices thicker than 3.0 mm blur small lesions"),
        Flag("contrast", "contrast medium: vessels and tissue measure denser (agent A)"),
        Flag("gantry_tilt", "the slices lean by more than 1 degree (the slices lean by 5.0 degrees)"),
        Flag("of_another_engine", "x"),
        Flag("of_another_engine", "y"),
    ]
    assert meaning("something_new") == UNNAMED


def test_nothing_known_is_no_flag() -> None:
    assert flags(None, None) == []
