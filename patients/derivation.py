"""From the records to the reference equations: a stored session as `patients.lungfunction` reads it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from patients.models import PFTFinding, PulmonaryFunctionTest

if TYPE_CHECKING:
    from patients.lungfunction.session import Derived, Session

Held = Mapping[int, Mapping[str, str]]


def compute(
    pfts: Iterable[PulmonaryFunctionTest], held: Held | None = None, spirometry: str | None = None
) -> list[Derived]:
    """Each session beside its references, in the order given; nothing is written.

    Args:
        pfts: with `patient__site` selected.
        held: what `held` found for them.
        spirometry: the set to compare spirometry with, and then nothing else; default all measures, spirometry by
            the site's choice.
    """
    # numpy takes a tenth of a second, which the start of the web process need not pay.
    from patients.lungfunction.session import derive

    sessions = list(pfts)
    blood = _haemoglobin(sessions)
    return derive([_session(pft, blood.get(pft.pk), (held or {}).get(pft.pk, {}), spirometry) for pft in sessions])


def held(keys: Collection[int]) -> dict[int, dict[str, str]]:
    """By session the fields that an open finding keeps from being computed, each with its sentence."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    open_ones = PFTFinding.objects.filter(pft__in=keys, blocks=True, accepted_at=None)
    for pk, field, sentence in open_ones.values_list("pft_id", "field", "sentence"):
        found[pk][field] = sentence
    return found


def _haemoglobin(pfts: Sequence[PulmonaryFunctionTest]) -> dict[int, float | None]:
    """By session with a DLCO the haemoglobin to correct it by: its own, else that of the patient's nearest session."""
    from patients.lungfunction.session import haemoglobin_near

    asking = [pft for pft in pfts if pft.dlco_mmol_min_kpa is not None]
    known: dict[int, list[tuple[dt.date, float]]] = defaultdict(list)
    rows = PulmonaryFunctionTest.objects.filter(patient__in={pft.patient_id for pft in asking})
    for patient, date, hb_date, value in rows.exclude(haemoglobin_g_dl=None).values_list(
        "patient_id", "date", "hb_date", "haemoglobin_g_dl"
    ):
        known[patient].append((hb_date or date, float(value or 0)))

    def of(pft: PulmonaryFunctionTest) -> float | None:
        if pft.haemoglobin_g_dl is not None:
            own = haemoglobin_near(pft.date, [(pft.hb_date or pft.date, float(pft.haemoglobin_g_dl))])
            if own is not None:
                return own
        return haemoglobin_near(pft.date, known[pft.patient_id])

    return {pft.pk: of(pft) for pft in asking}


def _session(
    pft: PulmonaryFunctionTest, hb_g_dl: float | None, held: Mapping[str, str], spirometry: str | None
) -> Session:
    from patients.lungfunction.equations import SPIROMETRY, default_sets
    from patients.lungfunction.reference import age_in_years
    from patients.lungfunction.session import FACTS, Session, measured, resting_on

    patient = pft.patient
    facts = {name: None if (value := getattr(pft, name)) is None else float(value) for name in FACTS}
    age = age_in_years(patient.birth_date, pft.date) if patient.birth_date else None
    values, withheld = measured(facts | {"haemoglobin_g_dl": hb_g_dl}, sex=patient.sex, age_years=age)
    withheld |= {m: ("held", why) for field, why in held.items() for m in resting_on(field) if m in values}
    if spirometry:
        values = {measure: value for measure, value in values.items() if measure in SPIROMETRY}
        withheld = {measure: why for measure, why in withheld.items() if measure in SPIROMETRY}
    return Session(
        sex=patient.sex,
        age_years=age,
        height_cm=None if pft.height_cm is None else float(pft.height_cm),
        group=patient.ethnicity_gli,
        values=values,
        sets=default_sets(spirometry or patient.site.spirometry_set),
        withheld=withheld,
    )
