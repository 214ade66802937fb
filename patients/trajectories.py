"""From the records to the trajectories: the table of visits, and the cohort that a patient is shrunk to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patients import derivation, histories
from patients.lungfunction.equations import EquationSet, Measure, default_sets
from patients.models import Patient, PulmonaryFunctionTest, Source
from patients.models.trajectory import CohortFit

if TYPE_CHECKING:
    import pandas as pd

    from patients.trajectory.followed import Followed
    from patients.trajectory.kept import Kept

HELD = "two values of that date differ, and this one was not accepted"
TRANSPLANTED = "after lung transplant"
NUMBERS = {"fvc_percent": Measure.FVC, "dlco_percent": Measure.DLCO, "dlco_hb_percent": Measure.DLCO_HB}
COLUMNS = (
    "patient", "date", "fvc_l", "dlco_mmol_min_kpa", *NUMBERS, "fvc_equation_set", "dlco_equation_set", "quality_fvc",
    "quality_dlco", "bronchodilator", "held_fvc", "held_dlco",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trajectory:
    """FVC in mL and in % predicted, DLCO in % predicted; `cohorts` by quantity, where one has been fitted."""

    followed: tuple[Followed, ...]
    cohorts: Mapping[str, CohortFit]
    no_forecast: str


def table(patients: Iterable[Patient]) -> pd.DataFrame:
    """One row a session, columns as in `patients.trajectory.visits`; three queries. Select `site` with the patients.

    % predicted is that of the set which the patient's site compares with. Left out by name: values that an open
    finding blocks, and everything from the day of a lung transplant on.
    """
    import pandas as pd

    people = {one.pk: one for one in patients}
    pfts = list(PulmonaryFunctionTest.objects.filter(patient__in=people).order_by("patient", "date", "pk"))
    known, held = histories.percents(list(people.values())), derivation.held([one.pk for one in pfts])
    rows = [_row(one, people[one.patient_id], known[one.pk], held.get(one.pk, {})) for one in pfts]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def trajectory(patient: Patient, today: dt.date) -> Trajectory:
    """Of one patient, with `site`; four queries, nothing is fitted but the patient's own lines."""
    from patients.trajectory.followed import follow

    frame, cohorts = table([patient]), cohorts_for(patient)
    no_forecast = _no_forecast(patient)
    dlco = "dlco_hb_percent" if _all_corrected(frame) else "dlco_percent"
    return Trajectory(
        tuple(
            follow(frame, name, _kept(cohorts.get(name)), ahead=not no_forecast)
            for name in ("fvc", "fvc_percent", dlco)
        ),
        cohorts,
        no_forecast,
    )


def cohorts_for(patient: Patient) -> dict[str, CohortFit]:
    """By quantity what has been fitted for patients like this one: real ones, or invented ones."""
    return {one.quantity: one for one in CohortFit.objects.filter(invented=patient.source == Source.DEMO)}


def _row(
    pft: PulmonaryFunctionTest, patient: Patient, known: Mapping[Measure, float], held: Mapping[str, str]
) -> tuple[Any, ...]:
    sets: Mapping[Measure, EquationSet] = default_sets(patient.site.spirometry_set)
    late = TRANSPLANTED if patient.transplant_date and pft.date >= patient.transplant_date else ""
    return (
        pft.patient_id, pft.date, _float(pft.fvc_l), _float(pft.dlco_mmol_min_kpa),
        *(known.get(measure) for measure in NUMBERS.values()),
        str(sets[Measure.FVC]), str(sets[Measure.DLCO]), pft.quality_fvc, pft.quality_dlco, pft.bronchodilator,
        late or (HELD if "fvc_l" in held else ""), late or (HELD if "dlco_mmol_min_kpa" in held else ""),
    )  # fmt: skip


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _all_corrected(frame: pd.DataFrame) -> bool:
    """DLCO is followed corrected for haemoglobin where all of it is, else without: one basis for the whole course."""
    return bool((frame["dlco_percent"].isna() | frame["dlco_hb_percent"].notna()).all())


def _kept(found: CohortFit | None) -> Kept | None:
    """None also for a cohort that another release has fitted: it is to be fitted again."""
    from patients.trajectory.kept import Kept

    try:
        return Kept.from_dict(found.document) if found else None
    except (KeyError, TypeError, ValueError):
        return None


def _no_forecast(patient: Patient) -> str:
    if patient.death_date:
        return "the patient has died"
    return "the patient has a transplanted lung" if patient.transplant_date else ""
