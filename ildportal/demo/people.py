"""Who the invented patients are: shares and means of published SSc-ILD cohorts (docs/demo.md). No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from ildportal.demo.records import Fact, Person

Rng = np.random.Generator

SITES = {"north": "North University Hospital", "lakeside": "Lakeside Clinic"}
# Everything but systemic sclerosis, in this order of codes: how many of each.
OTHERS = {"RA-ILD": 6, "IIM-ILD": 5, "IPF": 4, "fHP": 2, "SjD-ILD": 1, "iNSIP": 1, "MCTD-ILD": 1}
SSC = "SSc-ILD"
YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of a diagnosis; age at diagnosis of ILD in years, its mean and SD."""

    female: float
    age: float
    age_sd: float
    never_smoked: float
    patterns: tuple[str, ...]


PROFILES = {
    SSC: Profile(0.80, 54.0, 12.0, 0.65, ("fibrotic NSIP", "fibrotic NSIP", "cellular NSIP", "NSIP", "UIP")),
    "RA-ILD": Profile(0.55, 62.0, 9.0, 0.40, ("UIP", "NSIP")),
    "IIM-ILD": Profile(0.65, 52.0, 11.0, 0.60, ("NSIP", "NSIP with organising pneumonia")),
    "IPF": Profile(0.25, 68.0, 6.0, 0.30, ("UIP", "probable UIP")),
    "fHP": Profile(0.50, 61.0, 9.0, 0.60, ("fibrotic HP",)),
    "SjD-ILD": Profile(0.90, 59.0, 9.0, 0.70, ("NSIP",)),
    "iNSIP": Profile(0.60, 57.0, 9.0, 0.60, ("NSIP",)),
    "MCTD-ILD": Profile(0.85, 46.0, 9.0, 0.65, ("NSIP",)),
}
# One specific antibody excludes the others; the rest are negative for all three.
SSC_ANTIBODIES = (("anti-Scl-70", 0.57), ("anti-centromere", 0.10), ("anti-RNA-polymerase III", 0.10))
# Diffuse skin disease goes with topoisomerase and polymerase antibodies, limited with the centromere ones.
DIFFUSE = {"anti-Scl-70": 0.56, "anti-centromere": 0.06, "anti-RNA-polymerase III": 0.70, "": 0.38}
OTHER_ANTIBODY = {
    "RA-ILD": "RF", "IIM-ILD": "anti-synthetase", "SjD-ILD": "Ro52", "MCTD-ILD": "anti-U1-RNP",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A patient on the day of entry."""

    person: Person
    diagnosis: str
    diagnoses: tuple[Fact, ...]
    antibodies: tuple[Fact, ...]


def draw(rng: Rng, code: str, diagnosis: str, entry: date) -> Newcomer:
    """One patient who enters the register at the diagnosis of ILD on `entry`."""
    profile = PROFILES[diagnosis]
    sex = "F" if rng.random() < profile.female else "M"
    age = float(np.clip(rng.normal(profile.age, profile.age_sd), 24.0, 76.0))
    born = entry - timedelta(days=round(age * YEAR))
    specific = _specific(rng) if diagnosis == SSC else ""
    subset, raynaud, sign = _sclerosis(rng, diagnosis, specific, entry, born)
    height = float(np.clip(rng.normal(163.0 if sex == "F" else 176.0, 6.5), 145.0, 196.0))
    mass_index = float(np.clip(rng.normal(25.0, 3.8), 17.5, 38.0))
    smoking, pack_years = _smoking(rng, profile.never_smoked)
    person = Person(
        code=code,
        site="north" if rng.random() < 0.7 else "lakeside",
        sex=sex,
        birth_date=born,
        height_cm=round(height, 1),
        weight_kg=round(mass_index * (height / 100) ** 2, 1),
        ethnicity_gli=int(rng.choice([1, 2, 3, 4, 5], p=[0.84, 0.05, 0.04, 0.02, 0.05])),
        ssc_subset=subset,
        raynaud_onset=raynaud,
        first_non_raynaud=sign,
        smoking=smoking,
        pack_years=pack_years,
    )
    return Newcomer(person, diagnosis, diagnoses(rng, diagnosis, entry), _antibodies(rng, diagnosis, specific, entry))


def diagnoses(rng: Rng, diagnosis: str, entry: date) -> tuple[Fact, ...]:
    """At entry; some are first thought to be something else."""
    final = Fact(
        {
            "code": diagnosis,
            "text": str(rng.choice(PROFILES[diagnosis].patterns)),
            "date": entry,
            "confidence": str(rng.choice(["definite", "high", "low"], p=[0.7, 0.22, 0.08])),
            "decided_by": "mdt" if rng.random() < 0.8 else "clinician",
        }
    )
    if rng.random() > 0.06:
        return (final,)
    first = {"code": "unclassifiable", "date": entry - timedelta(days=150), "confidence": "low"}
    return Fact({**first, "text": "", "decided_by": "clinician"}), final


def antibody_facts(results: Mapping[str, str], day: date) -> tuple[Fact, ...]:
    return tuple(Fact({"code": code, "result": result, "date": day}) for code, result in results.items())


def _specific(rng: Rng) -> str:
    names = [name for name, _share in SSC_ANTIBODIES]
    shares = [share for _name, share in SSC_ANTIBODIES]
    return str(rng.choice([*names, ""], p=[*shares, 1 - sum(shares)]))


def _sclerosis(
    rng: Rng, diagnosis: str, specific: str, entry: date, born: date
) -> tuple[str, date | None, date | None]:
    """Subset, onset of Raynaud and of the first other sign (months in the first five years, mostly)."""
    if diagnosis != SSC:
        return "none", None, None
    diffuse = rng.random() < DIFFUSE[specific]
    subset = "diffuse" if diffuse else "sine" if rng.random() < 0.06 else "limited"
    sign = entry - timedelta(days=round(min(rng.gamma(1.6, 2.4 if diffuse else 4.5), 25.0) * YEAR))
    raynaud = sign - timedelta(days=round(rng.gamma(1.1, 1.0 if diffuse else 4.0) * YEAR))
    youth = born + timedelta(days=round(14 * YEAR))
    return subset, max(raynaud, youth).replace(day=1), max(sign, youth).replace(day=1)


def _smoking(rng: Rng, never: float) -> tuple[str, float | None]:
    if rng.random() < never:
        return "never", None
    smoking = "former" if rng.random() < 0.82 else "current"
    return smoking, round(float(np.clip(rng.gamma(2.0, 9.0), 1.0, 60.0)), 1)


def _antibodies(rng: Rng, diagnosis: str, specific: str, entry: date) -> tuple[Fact, ...]:
    day = entry - timedelta(days=int(rng.integers(10, 90)))
    if diagnosis == SSC:
        results = {name: "positive" if name == specific else "negative" for name, _share in SSC_ANTIBODIES}
        results["Ro52"] = "positive" if rng.random() < 0.25 else "negative"
    else:
        results = {"anti-Scl-70": "negative", "anti-centromere": "negative"}
        own = OTHER_ANTIBODY.get(diagnosis)
        if own:
            results[own] = "positive" if rng.random() < 0.85 else "negative"
    return antibody_facts(results, day)
