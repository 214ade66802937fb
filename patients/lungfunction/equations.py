"""Which equation sets there are, what each of them covers, and in which unit. No Django here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """What is compared with a reference population; the unit of each is in UNITS."""

    FVC = "FVC"
    FEV1 = "FEV1"
    FEV1_FVC = "FEV1/FVC"
    MEF2575 = "MEF25-75"
    DLCO = "DLCO"
    DLCO_HB = "DLCO-Hb"
    KCO = "KCO"
    VA = "VA"
    TLC = "TLC"
    FRC = "FRC"
    RV = "RV"
    RV_TLC = "RV/TLC"
    VC = "VC"
    IC = "IC"
    ERV = "ERV"


class EquationSet(StrEnum):
    GLI_2012 = "GLI-2012"
    GLI_GLOBAL_2022 = "GLI-Global-2022"
    GLI_2017 = "GLI-2017"
    GLI_2021 = "GLI-2021"


UNITS = {
    **dict.fromkeys((Measure.FVC, Measure.FEV1, Measure.VA), "L"),
    **dict.fromkeys((Measure.TLC, Measure.FRC, Measure.RV, Measure.VC, Measure.IC, Measure.ERV), "L"),
    **dict.fromkeys((Measure.FEV1_FVC, Measure.RV_TLC), "%"),
    **dict.fromkeys((Measure.DLCO, Measure.DLCO_HB), "mmol/min/kPa"),
    Measure.MEF2575: "L/s",
    Measure.KCO: "mmol/min/kPa/L",
}
# A ratio of 0.78 is 78 %; below this a percentage can only be a fraction.
LOWEST_RATIO_PERCENT, HIGHEST_RATIO_PERCENT = 1.5, 100.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The population behind one measure of a set: `ages` in years, both ends included."""

    ages: tuple[float, float]
    curve: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Equations:
    """One published set. `table` names the files of pyspiro that hold its coefficients and splines."""

    name: str
    table: str
    covers: dict[Measure, Coverage]
    needs_group: bool
    citation: str


_SPIROMETRY = {
    Measure.FVC: Coverage((3, 95), "FVC"),
    Measure.FEV1: Coverage((3, 95), "FEV1"),
    # The tables hold FEV1/FVC as a fraction, the portal as a percentage.
    Measure.FEV1_FVC: Coverage((3, 95), "FEV1FVC", scale=100),
}
_VOLUMES = (Measure.TLC, Measure.FRC, Measure.RV, Measure.RV_TLC, Measure.VC, Measure.IC, Measure.ERV)
SETS = {
    EquationSet.GLI_2012: Equations(
        "GLI-2012",
        "gli_2012",
        {**_SPIROMETRY, Measure.MEF2575: Coverage((3, 90), "FEF25_75")},
        needs_group=True,
        citation="Quanjer et al., Eur Respir J 2012;40:1324-43",
    ),
    EquationSet.GLI_GLOBAL_2022: Equations(
        "GLI Global 2022",
        "bowerman_2022",
        _SPIROMETRY,
        needs_group=False,
        citation="Bowerman et al., Am J Respir Crit Care Med 2023;207:768-774",
    ),
    EquationSet.GLI_2017: Equations(
        "GLI-2017 TLCO (2020)",
        "gli_2017",
        {
            Measure.DLCO: Coverage((5, 85), "TLCO"),
            Measure.DLCO_HB: Coverage((5, 85), "TLCO"),
            Measure.KCO: Coverage((5, 85), "KCO_SI"),
            Measure.VA: Coverage((5, 85), "VA"),
        },
        needs_group=False,
        citation="Stanojevic et al., Eur Respir J 2017;50:1700010, as corrected in 2020;56:1750010",
    ),
    EquationSet.GLI_2021: Equations(
        "GLI-2021",
        "gli_2021",
        {m: Coverage((5, 80), m.replace("/", "_")) for m in _VOLUMES},
        needs_group=False,
        citation="Hall et al., Eur Respir J 2021;57:2000289",
    ),
}
# Which set a measure is compared with when nobody says otherwise; MEF25-75 has GLI-2012 only.
DEFAULT_SETS = {
    **dict.fromkeys((Measure.FVC, Measure.FEV1, Measure.FEV1_FVC), EquationSet.GLI_GLOBAL_2022),
    Measure.MEF2575: EquationSet.GLI_2012,
    **dict.fromkeys((Measure.DLCO, Measure.DLCO_HB, Measure.KCO, Measure.VA), EquationSet.GLI_2017),
    **dict.fromkeys(_VOLUMES, EquationSet.GLI_2021),
}
# The measures that a site may have compared with another set than the default.
SPIROMETRY_SETS = (EquationSet.GLI_GLOBAL_2022, EquationSet.GLI_2012)


SPIROMETRY = frozenset(_SPIROMETRY)


def default_sets(spirometry: str = EquationSet.GLI_GLOBAL_2022) -> dict[Measure, EquationSet]:
    """The set of each measure at a site that compares spirometry with `spirometry`."""
    chosen = EquationSet(spirometry)
    return DEFAULT_SETS | dict.fromkeys(SPIROMETRY, chosen)
