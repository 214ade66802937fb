"""Quality codes reach the reader with their meaning."""

from __future__ import annotations

import inspect
import re

from ildportal.pages.flags import MEANINGS, Flag, flags
from patients.intake import findings
from patients.models import CTSeries
from quant.models import Quantification


def test_every_code_that_a_measured_series_can_carry_has_a_meaning() -> None:
    raised = set(re.findall(r'Finding\("(\w+)"', inspect.getsource(findings)))
    assert "contrast" in raised
    assert raised - findings.UNFIT == set(MEANINGS)


def test_the_engine_says_more_than_the_headers_and_nothing_is_lost() -> None:
    series = CTSeries(quality_codes=["contrast", "thick"])
    warnings = [
        {"code": "contrast", "detail": "agent A"},
        {"code": "gap", "detail": "x"},
        {"code": "gap", "detail": "y"},
    ]
    assert flags(series, Quantification(warnings=warnings)) == [
        Flag("thick", MEANINGS["thick"]),
        Flag("contrast", "agent A"),
        Flag("gap", "x"),
        Flag("gap", "y"),
    ]


def test_nothing_known_is_no_flag() -> None:
    assert flags(None, None) == []
