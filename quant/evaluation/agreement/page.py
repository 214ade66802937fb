"""What the page of a comparison shows, as words: the template holds the order and none of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quant.agreement import BlandAltman
from quant.evaluation.agreement.numbers import DASH, limits, number, p_value, signed
from quant.evaluation.agreement.pairs import NAMES, Pairs
from quant.evaluation.agreement.plot import bland_altman
from quant.goh.names import NAMES as LEVELS

MEANING = {
    "tot": "interstitial disease of any kind",
    "gg": "ground glass, consolidation included",
    "ret": "reticulation, honeycombing included",
}
HEADS = ("n", "MAE", "SD", "bias", "limits of agreement", "kappa", "ICC(A,1)", "paired t", "Wilcoxon")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value under its head; `note` is its 95 % limits, or why there is none."""

    head: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A level, or all of them."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """TOT, GG or RET: its plot (empty without pairs), what the plot tells, and a row a level."""

    key: str
    name: str
    meaning: str
    plot: str
    summary: str
    rows: tuple[Row, ...]


def context(told: Mapping[str, Any], pairs: Pairs) -> dict[str, Any]:
    """For the template: the document, its panels, and the figures of others beside ours."""
    return {
        "told": told,
        "heads": HEADS,
        "panels": [_panel(name, told, pairs) for name in NAMES],
        "beside": list(_beside(told)),
    }


def _panel(name: str, told: Mapping[str, Any], pairs: Pairs) -> Panel:
    found = told["scores"][name]
    off = found["pooled"]["bland_altman"]
    plot = bland_altman(pairs.columns[name], BlandAltman(**off), f"drawn-{name}") if found["pooled"]["n"] else ""
    rows = [_row(f"{level}: {LEVELS[int(level)]}", one) for level, one in found["levels"].items()]
    rows.append(_row("All levels", found["pooled"]))
    return Panel(name, name.upper(), MEANING[name], plot, _summary(off, told["error"]), tuple(rows))


def _summary(off: Mapping[str, Any], error: str) -> str:
    if off["bias"] is None:
        return f"{error[:1].upper()}{error[1:]}: {off['reason']}."
    limits = "" if off["reason"] else f", limits of agreement {number(off['lower'], 1)} to {number(off['upper'], 1)}"
    return (
        f"{error[:1].upper()}{error[1:]}, {off['n']} slices: bias {signed(off['bias'], 1)} points{limits}. "
        "Bands: 95 % limits of the lines. A larger dot is several equal pairs."
    )


def _row(name: str, one: Mapping[str, Any]) -> Row:
    errors, off, t, ranks = one["errors"], one["bland_altman"], one["paired_t"], one["wilcoxon"]
    lower, upper = number(off["lower"], 1), number(off["upper"], 1)
    of_limits = f"{lower} to {upper}" if off["lower"] is not None else DASH
    cells = (
        Cell("n", str(one["n"])),
        Cell("MAE", number(errors["mae"], 1), errors["reason"] or "" if errors["mae"] is None else ""),
        Cell("SD", number(errors["sd"], 1), errors["reason"] or ""),
        Cell("bias", signed(off["bias"], 1), limits(off["bias_low"], off["bias_high"], 1) or off["reason"]),
        Cell("limits of agreement", of_limits, _ends(off) or off["reason"]),
        _coefficient("kappa", one["kappa"]),
        _coefficient("ICC(A,1)", one["icc"]),
        Cell("paired t", p_value(t["p"]), t["reason"] or f"t {number(t['t'], 2)}"),
        Cell("Wilcoxon", p_value(ranks["p"]), ranks["reason"] or ranks["method"]),
    )
    return Row(name, cells if one["n"] else (cells[0], *(Cell(cell.head, DASH, "no pairs") for cell in cells[1:])))


def _coefficient(head: str, one: Mapping[str, Any]) -> Cell:
    return Cell(head, number(one["value"], 2), limits(one["low"], one["high"], 2) or one["reason"] or "")


def _ends(off: Mapping[str, Any]) -> str:
    """The 95 % limits of both limits."""
    parts = [limits(off[f"{end}_low"], off[f"{end}_high"], 1) for end in ("lower", "upper")]
    return "; ".join(part for part in parts if part)


def _beside(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row of TOT, GG and RET: ours, theirs and their readers, each as MAE, kappa, ICC."""
    for name in NAMES:
        own = told["scores"][name]["pooled"]
        ours = {"mae": own["errors"]["mae"], "kappa": own["kappa"]["value"], "icc": own["icc"]["value"]}
        theirs = told["published"]
        groups = (
            ("here", _three(ours, 1)),
            ("their network", _three(theirs["network"][name], 1)),
            ("their readers", _three(theirs["readers"][name], 2)),
        )
        yield {"name": name.upper(), "groups": groups}


def _three(values: Mapping[str, float | None], digits: int) -> tuple[Cell, ...]:
    """The MAE with as many digits as were published."""
    heads = (("mae", "MAE", digits), ("kappa", "kappa", 2), ("icc", "ICC", 2))
    return tuple(Cell(head, number(values[key], places)) for key, head, places in heads)
