"""Every score by name, and all of them over what is known of a patient at one time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from patients.prognosis import cpi, dubois, gap, goh, sadl
from patients.prognosis.gap import Subtype
from patients.prognosis.goh import QuickRead
from patients.prognosis.score import NoDlco, Score

SUBTYPES = {
    "IPF": Subtype.IPF,
    "unclassifiable": Subtype.UNCLASSIFIABLE,
    "iNSIP": Subtype.INSIP,
    "fHP": Subtype.CHP,
    **dict.fromkeys(
        ("SSc-ILD", "RA-ILD", "IIM-ILD", "SjD-ILD", "MCTD-ILD", "UCTD/IPAF"),
        Subtype.CTD,
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the scores ask, at one time; % predicted unrounded, age exact in years, None where it is not known.

    diagnosis: a code of the portal. dlco_percent: a number, or why there is none; dlco_uncorrected: haemoglobin was
    not known, which every score that uses DLCO then says.
    fvc_change_24_weeks: in points of % predicted, negative when it fell.
    respiratory_hospitalisation: in the last six months; hospitalisation_note: what du Bois says of its date.
    on, dlco_on: the days of FVC and of DLCO; no score asks for them.
    """

    male: bool | None = None
    age_years: float | None = None
    ever_smoker: bool | None = None
    diagnosis: str = ""
    fvc_percent: float | None = None
    fev1_percent: float | None = None
    dlco_percent: float | NoDlco | None = None
    fvc_change_24_weeks: float | None = None
    respiratory_hospitalisation: bool | None = None
    hospitalisation_note: str = ""
    dlco_uncorrected: bool = False
    goh_extent_percent: float | None = None
    goh_quick_read: QuickRead | None = None
    on: dt.date | None = None
    dlco_on: dt.date | None = None


USING_DLCO = ("GAP", "ILD-GAP", "SADL", "CPI")
UNCORRECTED = "DLCO is not corrected for haemoglobin."
NAMES = ("Goh", "Goh 20 %", "GAP", "ILD-GAP", "SADL", "du Bois", "CPI")


def scores(facts: Facts) -> list[Score]:
    """One score a name of NAMES, in that order; whether one was made for the diagnosis stands in its caution."""
    said = dict.fromkeys(USING_DLCO, UNCORRECTED) if facts.dlco_uncorrected else {}
    if facts.hospitalisation_note:
        said["du Bois"] = facts.hospitalisation_note
    return [_flagged(one, said[one.name]) if one.name in said else one for one in _scores(facts)]


def _flagged(score: Score, said: str) -> Score:
    return replace(score, caution=f"{score.caution} {said}".strip())


def _scores(facts: Facts) -> list[Score]:
    dlco = facts.dlco_percent
    measured = None if isinstance(dlco, str) else dlco
    return [
        goh.goh(facts.goh_extent_percent, facts.goh_quick_read, facts.fvc_percent),
        goh.plain_goh(facts.goh_extent_percent),
        gap.gap(facts.male, facts.age_years, facts.fvc_percent, dlco),
        gap.ild_gap(SUBTYPES.get(facts.diagnosis), facts.male, facts.age_years, facts.fvc_percent, dlco),
        sadl.sadl(facts.ever_smoker, facts.age_years, measured),
        dubois.du_bois(
            facts.age_years, facts.respiratory_hospitalisation, facts.fvc_percent, facts.fvc_change_24_weeks
        ),
        cpi.cpi(measured, facts.fvc_percent, facts.fev1_percent),
    ]
