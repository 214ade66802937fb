"""GAP and ILD-GAP: sex, age and physiology.

Sources: Ley et al., Ann Intern Med 2012;156:684-91 (IPF); Ryerson et al., Chest 2014;145:723-8 (other ILD).
"""

from __future__ import annotations

from enum import StrEnum

from patients.prognosis.score import Item, NoDlco, Score, above, answer, below, finite, number, total

GAP_SOURCE = "Ley et al., Ann Intern Med 2012;156:684-91"
ILDGAP_SOURCE = "Ryerson et al., Chest 2014;145:723-8"
MORTALITY = ("1-year mortality", "2-year mortality", "3-year mortality")
GAP_RISK = {
    stage: {year: f"{percent} %" for year, percent in zip(MORTALITY, percents, strict=True)}
    for stage, percents in {
        "I": ("5.6", "10.9", "16.3"),
        "II": ("16.2", "29.9", "42.1"),
        "III": ("39.2", "62.1", "76.8"),
    }.items()
}
# Only the first and the third year are given.
ILDGAP_RISK = {
    "0-1": {MORTALITY[0]: "3.1 %", MORTALITY[2]: "10.2 %"},
    "2-3": {MORTALITY[0]: "8.8 %", MORTALITY[2]: "26.9 %"},
    "4-5": {MORTALITY[0]: "18.2 %", MORTALITY[2]: "49.2 %"},
    ">5": {MORTALITY[0]: "33.5 %", MORTALITY[2]: "74.8 %"},
}
CANNOT_POINTS = 3


class Subtype(StrEnum):
    """The diagnoses that ILD-GAP knows."""

    IPF = "IPF"
    UNCLASSIFIABLE = "UNCLASS"
    CTD = "CTD"
    INSIP = "iNSIP"
    CHP = "CHP"


SUBTYPE_POINTS = {Subtype.IPF: 0, Subtype.UNCLASSIFIABLE: 0, Subtype.CTD: -2, Subtype.INSIP: -2, Subtype.CHP: -2}


def gap(male: bool | None, age_years: float | None, fvc_percent: float | None, dlco: float | NoDlco | None) -> Score:
    """GAP, 0 to 8 points, stages I to III with mortality at 1, 2 and 3 years.

    Male 1; age <= 60 0, to 65 1, above 2; FVC % predicted > 75 0, 50 to 75 1, < 50 2; DLCO % predicted > 55 0, above
    35 1, <= 35 2, could not perform 3. A DLCO that was not ordered leaves the score open.
    """
    return total("GAP", "Sex, age, physiology (IPF)", _items(male, age_years, fvc_percent, dlco), _stage, GAP_RISK,
                 source=GAP_SOURCE, says="stage {}", caution="Made for IPF.")  # fmt: skip


def ild_gap(
    subtype: Subtype | None,
    male: bool | None,
    age_years: float | None,
    fvc_percent: float | None,
    dlco: float | NoDlco | None,
) -> Score:
    """ILD-GAP: GAP points and those of the diagnosis (IPF, unclassifiable 0, others -2), never below 0."""
    points = None if subtype is None else SUBTYPE_POINTS[subtype]
    needs = "" if subtype else "a diagnosis that the score knows (IPF, unclassifiable, CTD-ILD, iNSIP, chronic HP)"
    kind = Item("ILD subtype", subtype or "missing", points, (-2, 0), needs)
    items = (*_items(male, age_years, fvc_percent, dlco), kind)
    return total("ILD-GAP", "Sex, age, physiology and kind of ILD", items, _band, ILDGAP_RISK,
                 source=ILDGAP_SOURCE, says="group {}", floor=0)  # fmt: skip


def _items(male: bool | None, age: float | None, fvc: float | None, dlco: float | NoDlco | None) -> tuple[Item, ...]:
    return (
        answer("sex", male, ("male", "female"), 1),
        number("age", age, "years", _age, (0, 1, 2)),
        number("FVC % predicted", fvc, "%", _fvc, (0, 1, 2)),
        _dlco_item(dlco),
    )


def _age(years: float) -> int:
    return 2 if above(years, 65) else 1 if above(years, 60) else 0


def _fvc(percent: float) -> int:
    return 0 if above(percent, 75) else 2 if below(percent, 50) else 1


def _dlco(percent: float) -> int:
    return 0 if above(percent, 55) else 1 if above(percent, 35) else 2


def _dlco_item(dlco: float | NoDlco | None) -> Item:
    name, possible = "DLCO % predicted", (0, 1, 2, CANNOT_POINTS)
    if dlco == NoDlco.CANNOT:
        return Item(name, "could not perform", CANNOT_POINTS, possible)
    if isinstance(dlco, str) or finite(dlco) is None:
        value = "not ordered" if isinstance(dlco, str) else "missing"
        return Item(name, value, None, possible, f"{name} (or that the patient could not perform it)")
    return number(name, dlco, "%", _dlco, possible)


def _stage(points: int) -> str:
    return "I" if points <= 3 else "II" if points <= 5 else "III"


def _band(points: int) -> str:
    return "0-1" if points <= 1 else "2-3" if points <= 3 else "4-5" if points <= 5 else ">5"
