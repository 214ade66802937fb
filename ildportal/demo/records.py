"""The invented facts of one patient, in the words and units of the data models. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Columns of Patient; `height_cm` and `weight_kg` at entry are of the sessions."""

    code: str
    site: str
    sex: str
    birth_date: date
    height_cm: float
    weight_kg: float
    ethnicity_gli: int = 1
    ssc_subset: str = "none"
    raynaud_onset: date | None = None
    first_non_raynaud: date | None = None
    smoking: str = "never"
    pack_years: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How it stands at the end of what is known."""

    last_seen_alive: date
    death_date: date | None = None
    death_cause: str = ""
    transplant_date: date | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a course table: `values` are the columns of its model without the patient."""

    values: Mapping[str, Any]

    @property
    def day(self) -> date:
        found: date = self.values.get("date") or self.values["start"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A lung-function session as true % predicted; `function.litres` makes measured values of it.

    `dlco_percent` is of the haemoglobin-corrected DLCO; None with a reason in `dlco_not_done_reason`.
    """

    day: date
    age: float
    fvc_percent: float
    dlco_percent: float | None
    tlc_percent: float | None
    ratio: float
    haemoglobin_g_dl: float | None
    quality_fvc: str
    quality_dlco: str = ""
    dlco_not_done_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extents:
    """Pattern extents in % of the lung volume."""

    ground_glass: float = 0.0
    consolidation: float = 0.0
    reticulation: float = 0.0
    honeycombing: float = 0.0
    emphysema: float = 0.0

    @property
    def lesion(self) -> float:
        return self.ground_glass + self.consolidation

    @property
    def fibrosis(self) -> float:
        return self.reticulation + self.honeycombing


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A CT without pixels: `document` is of schema ildportal.quantification/1, engine `simulated`."""

    day: date
    series: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A CT that a phantom is made for."""

    day: date
    disease: Extents
    breath: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything of one patient."""

    person: Person
    end: End
    diagnoses: tuple[Fact, ...]
    antibodies: tuple[Fact, ...]
    pfts: tuple[Fact, ...]
    symptoms: tuple[Fact, ...] = ()
    observations: tuple[Fact, ...] = ()
    treatments: tuple[Fact, ...] = ()
    events: tuple[Fact, ...] = ()
    scans: tuple[Scan, ...] = ()
    readings: tuple[Fact, ...] = ()
    volumes: tuple[Volume, ...] = field(default=())
