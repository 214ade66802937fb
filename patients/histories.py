"""From the records to the rules: a patient's history as `patients.progression` reads it.

What a CT measures comes from elsewhere and is handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from patients import derivation, selectors
from patients.life import happened
from patients.lungfunction.equations import EquationSet, Measure, default_sets
from patients.models import (
    CTAssessment,
    DatePrecision,
    DerivedValue,
    Patient,
    PulmonaryFunctionTest,
    SymptomAssessment,
)
from patients.progression.history import PFT, CTMeasure, CTReading, History, Symptoms
from patients.progression.logic import Truth
from patients.progression.period import PPF_SIGNS

Percents = Mapping[Measure, float]
TRUTHS: dict[str, Truth] = {"yes": True, "no": False}
SIGNS = ("fibrosis_present", "alternative_explanation", *PPF_SIGNS, "fibrosis_more")


def history(patient: Patient, measures: Sequence[CTMeasure] = ()) -> History:
    """The whole history of one patient; `measures` of the patient's CTs."""
    return histories([patient], {patient.pk: measures})[patient.pk]


def histories(
    patients: Iterable[Patient], measures: Mapping[int, Sequence[CTMeasure]] | None = None
) -> dict[int, History]:
    """By primary key; a fixed number of queries for any number of patients. Select `site` with them.

    % predicted is that of the set which the site of the patient compares with. Symptoms dated to the month or year
    stand in the middle of it. Undated scans are left out; of several
    assessments of one scan by one reader the latest counts.
    """
    people = list(patients)
    pfts, told, read = _pfts(people), _symptoms(people), _readings(people)
    diagnoses = selectors.diagnoses(people)
    return {
        one.pk: History(
            pfts=tuple(pfts[one.pk]),
            symptoms=tuple(told[one.pk]),
            readings=tuple(read[one.pk]),
            measures=tuple((measures or {}).get(one.pk, ())),
            diagnosis=diagnoses[one.pk].code if one.pk in diagnoses else "",
        )
        for one in people
    }


def percents(patients: Sequence[Patient]) -> dict[int, dict[Measure, float]]:
    """% predicted of every session (primary key), by the sets that the site of its patient compares with."""
    sets = {one.pk: default_sets(one.site.spirometry_set) for one in patients}
    found: dict[int, dict[Measure, float]] = defaultdict(dict)
    rows = DerivedValue.objects.filter(pft__patient__in=patients).values_list(
        "pft_id", "pft__patient_id", "measure", "equation_set", "percent_predicted"
    )
    for pft_id, patient_id, measure, equation_set, percent in rows:
        kind = Measure(measure)
        if sets[patient_id][kind] == EquationSet(equation_set):
            found[pft_id][kind] = percent
    return found


def _pfts(patients: Sequence[Patient]) -> dict[int, list[PFT]]:
    sets = {one.pk: default_sets(one.site.spirometry_set) for one in patients}
    known = percents(patients)
    pfts = list(PulmonaryFunctionTest.objects.filter(patient__in=patients).order_by("date", "pk"))
    held = {pk for pk, fields in derivation.held([one.pk for one in pfts]).items() if "fvc_l" in fields}
    # Of two values of one day the accepted one counts alone; while nobody has decided, the rules name them.
    decided = {(one.patient_id, one.date) for one in pfts if one.fvc_l is not None and one.pk not in held}
    found: dict[int, list[PFT]] = defaultdict(list)
    for pft in pfts:
        if pft.pk in held and (pft.patient_id, pft.date) in decided:
            pft.fvc_l = None
        found[pft.patient_id].append(_pft(pft, known[pft.pk], sets[pft.patient_id]))
    return found


def _pft(pft: PulmonaryFunctionTest, known: Percents, sets: Mapping[Measure, EquationSet]) -> PFT:
    return PFT(
        date=pft.date,
        fvc_l=None if pft.fvc_l is None else float(pft.fvc_l),
        fvc_percent=known.get(Measure.FVC),
        fvc_set=sets[Measure.FVC],
        dlco_percent=known.get(Measure.DLCO),
        dlco_hb_percent=known.get(Measure.DLCO_HB),
        dlco_set=sets[Measure.DLCO],
        quality_fvc=pft.quality_fvc,
        quality_dlco=pft.quality_dlco,
        bronchodilator=pft.bronchodilator,
    )


def _symptoms(patients: Sequence[Patient]) -> dict[int, list[Symptoms]]:
    found: dict[int, list[Symptoms]] = defaultdict(list)
    for one in SymptomAssessment.objects.filter(patient__in=patients).order_by("date", "pk"):
        words = {"dyspnoea": one.dyspnoea, "cough": one.cough}
        first, middle, last = happened(one.date, one.date_precision)
        between = None if one.date_precision == DatePrecision.DAY else (first, last)
        found[one.patient_id].append(Symptoms(middle, mmrc=one.mmrc, between=between, **words))  # type: ignore[arg-type]
    return found


def _readings(patients: Sequence[Patient]) -> dict[int, list[CTReading]]:
    latest = (
        CTAssessment.objects.filter(study__patient__in=patients, study__date__isnull=False)
        .select_related("study", "prior_study")
        .order_by("study_id", "assessor", "-date", "-pk")
        .distinct("study_id", "assessor")
    )
    found: dict[int, list[CTReading]] = defaultdict(list)
    for one in latest:
        if one.study.patient_id is not None and one.study.date is not None:
            prior = one.prior_study.date if one.prior_study else None
            signs = {name: TRUTHS.get(getattr(one, name)) for name in SIGNS}
            found[one.study.patient_id].append(CTReading(one.study.date, prior, one.assessor, **signs))
    return found
