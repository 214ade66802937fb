"""What a quality code of intake or engine means for a reader of the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from patients.models import CTSeries
from quant.engine.codes import ALL, CODES, Number
from quant.models import Quantification

UNNAMED = "see the intake documentation"
TOUCHED: dict[Number, str] = {
    "volume": "lung volumes",
    "density": "densities",
    "patterns": "patterns",
    "lobes": "lobes and severity",
    "goh": "Goh scores",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """`meaning` is said in the words of quant.engine.codes, with the values found where the engine gave some."""

    code: str
    meaning: str

    @property
    def name(self) -> str:
        return self.code.replace("_", " ")

    @property
    def touches(self) -> tuple[Number, ...]:
        """Which numbers it makes doubtful; those of an unknown code are not known."""
        return CODES[self.code].touches if self.code in CODES else ()

    @property
    def doubtful(self) -> str:
        """The same in words, to follow 'doubtful:'."""
        return "every number" if set(self.touches) == set(ALL) else ", ".join(TOUCHED[one] for one in self.touches)


def flags(series: CTSeries | None, numbers: Quantification | None) -> list[Flag]:
    """Of the series and of its measurement; what both know is said once, by the engine, with its values."""
    told = [Flag(warning["code"], _with_values(warning)) for warning in (numbers.warnings if numbers else [])]
    known = {flag.code for flag in told}
    headers = [Flag(code, meaning(code)) for code in _codes(series) if not known & {code, _same_as(code)}]
    return headers + told


def doubts(found: Sequence[Flag]) -> dict[Number, str]:
    """By kind of number: the names of the flags that make it doubtful; without those that none does."""
    names = {kind: [flag.name for flag in found if kind in flag.touches] for kind in ALL}
    return {kind: ", ".join(told) for kind, told in names.items() if told}


def meaning(code: str) -> str:
    """The sentence of a code, as part of a longer one."""
    if code not in CODES:
        return UNNAMED
    sentence = CODES[code].sentence
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _with_values(warning: dict[str, str]) -> str:
    code, detail = warning["code"], warning["detail"]
    return f"{meaning(code)} ({detail})" if code in CODES else detail


def _same_as(code: str) -> str:
    return CODES[code].same_as if code in CODES else ""


def _codes(series: CTSeries | None) -> list[str]:
    return series.quality_codes if series else []
