"""What the database refuses, said by field: the name of each constraint and trigger, and what it means.

A test holds this table against the models: a constraint without a sentence fails it.
"""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_FUTURE = gettext_noop("lies in the future: check the year")
_BORN = gettext_noop("lies before the patient's birth: check the year and the patient")
_DIED = gettext_noop("lies after the patient's death: check the year and the patient")
_AFTER_BIRTH = gettext_noop("lies before the birth date")
_POSITIVE = gettext_noop("is not above 0: leave it out where nothing was measured")

REFUSALS: dict[str, tuple[str, str]] = {
    "pft_once": ("date", gettext_noop("is that of a session on record with the same time and bronchodilator state")),
    "pft_height_50_to_250_cm": ("height_cm", gettext_noop("is impossible in cm (50 to 250): check the unit")),
    "pft_haemoglobin_in_g_dl": ("haemoglobin_g_dl", gettext_noop("is impossible in g/dL (up to 30): is it in g/L?")),
    "pft_fev1_not_above_fvc": ("fev1_l", gettext_noop("is above FVC, which is impossible: are the two exchanged?")),
    "pft_rv_below_tlc": ("rv_l", gettext_noop("is not below TLC, which is impossible: are the two exchanged?")),
    "pft_frc_below_tlc": ("frc_l", gettext_noop("is not below TLC, which is impossible: are the two exchanged?")),
    "pft_dlco_either_value_or_reason": (
        "dlco_not_done_reason",
        gettext_noop("stands beside a DLCO value: keep one of the two"),
    ),
    "pft_dlco_entered_with_unit": ("dlco_entered_unit", gettext_noop("is missing, or has no value beside it")),
    "pft_not_before_birth": ("date", _BORN),
    "pft_not_after_death": ("date", _DIED),
    "pft_not_in_future": ("date", _FUTURE),
    "patients_patient_code_key": ("code", gettext_noop("is another patient's")),
    "patient_code_is_one_word": ("code", gettext_noop("holds a blank: a code is one word")),
    "patient_ethnicity_gli_1_to_5": ("ethnicity_gli", gettext_noop("is none of the GLI-2012 groups 1 to 5")),
    "patient_pack_years_not_negative": ("pack_years", gettext_noop("is below 0")),
    "patient_never_smoker_without_pack_years": (
        "pack_years",
        gettext_noop("is above 0 for somebody who never smoked"),
    ),
    "patient_death_cause_needs_date": ("death_cause", gettext_noop("needs a death_date beside it")),
    "patient_birth_before_death": ("death_date", _AFTER_BIRTH),
    "patient_birth_before_transplant": ("transplant_date", _AFTER_BIRTH),
    # The record fills in last_seen_alive by itself, so it is the birth date that somebody wrote.
    "patient_birth_before_last_seen": ("birth_date", gettext_noop("lies after the patient was last seen alive")),
    "patient_birth_not_in_future": ("birth_date", _FUTURE),
    "patient_birth_before_visits": ("birth_date", gettext_noop("lies after a visit on record")),
    "patient_death_after_visits": ("death_date", gettext_noop("lies before a visit on record")),
    "patient_seen_alive_at_visits": ("last_seen_alive", gettext_noop("lies before the last visit on record")),
    "observation_says_something": ("value", gettext_noop("is missing, and so is text: give one of them")),
    "symptom_mmrc_0_to_4": ("mmrc", gettext_noop("is no mMRC grade: 0 to 4")),
    "treatment_other_named": (
        "drug_text",
        gettext_noop("names the drug when drug is 'other', and is left out when it is not"),
    ),
    "treatment_start_before_stop": ("stop", gettext_noop("lies before the start")),
    "treatment_dose_with_unit": ("unit", gettext_noop("is missing: a dose needs its unit")),
    "treatment_no_overlap_of_same_drug": (
        "start",
        gettext_noop("overlaps a treatment on record with the same drug: end that one first"),
    ),
    "event_start_before_end": ("end_date", gettext_noop("lies before the date")),
    "event_exacerbation_certainty": (
        "certainty",
        gettext_noop("says how sure an acute exacerbation is, and is left out for other events"),
    ),
    "ctassessment_prior_is_another": ("prior_study", gettext_noop("is the scan itself: name an earlier one, or none")),
    "identifier_once_per_system": ("identifier", gettext_noop("belongs to another patient")),
}


def meaning(constraint: str, fields: frozenset[str] = frozenset()) -> tuple[str, str]:
    """(field, sentence) of a constraint; of one that is not foreseen, the record as a whole and its name."""
    if constraint in REFUSALS:
        field, sentence = REFUSALS[constraint]
        return field, _(sentence)
    for field in fields:
        if constraint.endswith(f"_{field}_positive"):
            return field, _(_POSITIVE)
    return NON_FIELD_ERRORS, _("The database refused this ({name}).").format(name=constraint or "?")


def refusal(error: IntegrityError, fields: frozenset[str]) -> ValidationError:
    """The database's refusal of a row as an error of one of its `fields`."""
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    field, sentence = meaning(constraint, fields)
    return ValidationError({field: [ValidationError(sentence, code=constraint or "refused")]})
