"""The diseases that are put into each clean scan, by part of the evaluation. Extents in % of both lungs."""

from __future__ import annotations

from dataclasses import dataclass

from quant.evaluation.disease import Wanted

# Seeds 1 to 49 are for tuning by whoever reads these tables; reports use 50 to 99.
TUNE_SEEDS, REPORT_SEEDS = range(1, 50), range(50, 100)


@dataclass(frozen=True, slots=True)
class Case:
    """A named disease."""

    name: str
    wanted: tuple[Wanted, ...]


LUNGS = (
    Case("consolidation small", (Wanted("consolidation", "small"),)),
    Case("consolidation large base", (Wanted("consolidation", "large base"),)),
    Case("consolidation large wall", (Wanted("consolidation", "large wall"),)),
    Case("consolidation large apex", (Wanted("consolidation", "large apex"),)),
)
PATTERNS = (
    Case("ground glass patchy", (Wanted("ground_glass", "patchy", 10.0),)),
    Case("ground glass lobular", (Wanted("ground_glass", "lobular", 6.0),)),
    Case("ground glass diffuse", (Wanted("ground_glass", "diffuse", 30.0),)),
    Case("consolidation patchy", (Wanted("consolidation", "patchy", 6.0),)),
    Case("reticulation", (Wanted("reticulation", "basal", 8.0),)),
    Case("honeycombing", (Wanted("honeycombing", "basal", 5.0),)),
    Case("emphysema centrilobular", (Wanted("emphysema", "centrilobular", 6.0),)),
    Case("emphysema paraseptal", (Wanted("emphysema", "paraseptal", 2.0),)),
    Case(
        "usual interstitial pneumonia",
        (
            Wanted("reticulation", "basal", 8.0),
            Wanted("honeycombing", "basal", 5.0),
            Wanted("ground_glass", "patchy", 3.0),
        ),
    ),
    Case(
        "non-specific interstitial pneumonia",
        (Wanted("ground_glass", "patchy", 15.0), Wanted("reticulation", "basal", 6.0)),
    ),
    Case("organising pneumonia", (Wanted("consolidation", "patchy", 5.0), Wanted("ground_glass", "patchy", 6.0))),
    Case(
        "fibrosis with emphysema",
        (
            Wanted("emphysema", "centrilobular", 6.0),
            Wanted("reticulation", "basal", 6.0),
            Wanted("honeycombing", "basal", 3.0),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One disease at two times."""

    name: str
    before: tuple[Wanted, ...]
    after: tuple[Wanted, ...]


PAIRS = (
    Pair("ground glass grows", (Wanted("ground_glass", "patchy", 6.0),), (Wanted("ground_glass", "patchy", 14.0),)),
    Pair("ground glass clears", (Wanted("ground_glass", "diffuse", 25.0),), (Wanted("ground_glass", "diffuse", 10.0),)),
    Pair("reticulation grows", (Wanted("reticulation", "basal", 5.0),), (Wanted("reticulation", "basal", 11.0),)),
    Pair("consolidation grows", (Wanted("consolidation", "patchy", 3.0),), (Wanted("consolidation", "patchy", 9.0),)),
)
