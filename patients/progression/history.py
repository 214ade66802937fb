"""What the rules read: a patient's whole history as plain facts. Order means nothing, missing is None or ""."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from patients.progression.logic import Truth

Change = Literal["better", "same", "worse", "unknown"]
IPF = "IPF"


@dataclass(frozen=True, slots=True)
class PFT:
    """One session. Litres; % predicted unrounded, each with the name of its equation set.

    `dlco_hb_percent` is of DLCO corrected for haemoglobin, `dlco_percent` of DLCO as measured.
    """

    date: dt.date
    fvc_l: float | None = None
    fvc_percent: float | None = None
    fvc_set: str = ""
    dlco_percent: float | None = None
    dlco_hb_percent: float | None = None
    dlco_set: str = ""
    quality_fvc: str = ""
    quality_dlco: str = ""
    bronchodilator: str = ""


@dataclass(frozen=True, slots=True)
class Symptoms:
    """Change since the previous assessment; mMRC grade 0 to 4.

    between: the first and the last day that `date` stands for, where it is not known to the day.
    """

    date: dt.date
    dyspnoea: Change = "unknown"
    cough: Change = "unknown"
    mmrc: int | None = None
    between: tuple[dt.date, dt.date] | None = None


@dataclass(frozen=True, slots=True)
class CTReading:
    """A reader's word on the scan of `date`, against that of `prior` (None: not said)."""

    date: dt.date
    prior: dt.date | None = None
    reader: str = ""
    fibrosis_present: Truth = None
    alternative_explanation: Truth = None
    traction_bronchiectasis_more: Truth = None
    new_ggo_with_traction: Truth = None
    new_fine_reticulation: Truth = None
    reticulation_more: Truth = None
    honeycombing_more: Truth = None
    volume_loss_more: Truth = None
    fibrosis_more: Truth = None


@dataclass(frozen=True, slots=True)
class CTMeasure:
    """What an engine measured on the scan of `date`: reticulation and honeycombing, % of lung volume.

    method: equal for two measures that may be compared (engine, version, weights, settings).
    limit: repeatability limit in points: a smaller or equal change is not measurable; None: not known.
    """

    date: dt.date
    fibrosis_percent: float | None
    method: str
    accepted: bool = True
    limit: float | None = None
    engine: str = ""


Dated = TypeVar("Dated", PFT, Symptoms, CTReading, CTMeasure)


@dataclass(frozen=True, slots=True)
class History:
    """`diagnosis` is the one that counts now, "" while there is none."""

    pfts: tuple[PFT, ...] = ()
    symptoms: tuple[Symptoms, ...] = ()
    readings: tuple[CTReading, ...] = ()
    measures: tuple[CTMeasure, ...] = ()
    diagnosis: str = ""

    def ordered(self) -> History:
        """The same, everything oldest first."""
        return History(
            by_date(self.pfts),
            by_date(self.symptoms),
            by_date(self.readings),
            by_date(self.measures),
            self.diagnosis,
        )


def by_date(records: Iterable[Dated]) -> tuple[Dated, ...]:
    """Oldest first; those of one day in an order of their own, whatever that in which they came."""
    found = sorted(records, key=lambda one: one.date)
    if len({one.date for one in found}) < len(found):
        found.sort(key=lambda one: (one.date, repr(one)))
    return tuple(found)
