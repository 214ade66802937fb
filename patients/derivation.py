"""From the records to the reference equations: a stored session as `patients.lungfunction` reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
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

    return derive([_session(pft, (held or {}).get(pft.pk, {}), spirometry) for pft in pfts])


def held(keys: Collection[int]) -> dict[int, dict[str, str]]:
    """By session the fields that an open finding keeps from being computed, each with its sentence."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    open_ones = PFTFinding.objects.filter(pft__in=keys, blocks=True, accepted_at=None)
    for pk, field, sentence in open_ones.values_list("pft_id", "field", "sentence"):
        found[pk][field] = sentence
    return found


def _session(pft: PulmonaryFunctionTest, held: Mapping[str, str], spirometry: str | None) -> Session:
    from patients.lungfunction.equations import SPIROMETRY, default_sets
    from patients.lungfunction.session import FACTS, Session, measured, resting_on

    patient = pft.patient
    facts = {name: None if (value := getattr(pft, name)) is None else float(value) for name in FACTS}
    age, values = measured(facts, sex=patient.sex, birth_date=patient.birth_date, date=pft.date)
    if spirometry:
        values = {measure: value for measure, value in values.items() if measure in SPIROMETRY}
    return Session(
        sex=patient.sex,
        age_years=age,
        height_cm=None if pft.height_cm is None else float(pft.height_cm),
        group=patient.ethnicity_gli,
        values=values,
        sets=default_sets(spirometry or patient.site.spirometry_set),
        held={measure: why for field, why in held.items() for measure in resting_on(field)},
    )
