"""What a quality code of intake or engine means for a reader of the numbers."""

from __future__ import annotations

from dataclasses import dataclass

from patients.models import CTSeries
from quant.models import Quantification

# Codes of docs/intake.md that a measured series can carry; the engine's own come with their detail.
MEANINGS = {
    "contrast": "contrast medium raises densities: vessels and tissue measure denser",
    "derived": "marked as derived from other images",
    "expiration": "taken in expiration: lungs measure smaller and denser",
    "gaps_between_slices": "tissue between the slices is not seen",
    "missing_slices": "slices are missing inside the stack",
    "prone": "taken prone: dependent density lies in front",
    "sharp_kernel": "sharp kernel: densities spread wider",
    "thick": "slices thicker than 3.0 mm blur small lesions",
    "tilted": "gantry was tilted",
    "uneven_spacing": "slices are unevenly spaced",
}
UNNAMED = "see the intake documentation"


@dataclass(frozen=True, slots=True)
class Flag:
    code: str
    meaning: str

    @property
    def name(self) -> str:
        return self.code.replace("_", " ")


def flags(series: CTSeries | None, numbers: Quantification | None) -> list[Flag]:
    """Of the series and of its measurement; where both know a code, the engine's detail has the values in it."""
    told = [Flag(warning["code"], warning["detail"]) for warning in (numbers.warnings if numbers else [])]
    known = {flag.code for flag in told}
    headers = [Flag(code, MEANINGS.get(code, UNNAMED)) for code in _codes(series) if code not in known]
    return headers + told


def _codes(series: CTSeries | None) -> list[str]:
    return series.quality_codes if series else []
