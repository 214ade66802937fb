"""The only writers of patient facts. Every function validates, then writes in one transaction.

Errors: django ValidationError with the field named; nothing is written then.
"""

from patients.services.assessments import amend_ct_assessment, assess_ct
from patients.services.bulk import record_many
from patients.services.course import (
    correct,
    record_antibody,
    record_death,
    record_diagnosis,
    record_event,
    record_observation,
    record_symptoms,
    record_transplant,
    record_treatment,
    remove,
)
from patients.services.derived import derive, derive_all, derive_patient
from patients.services.findings import accept_finding, review
from patients.services.function import record_pft, remove_pft, update_pft
from patients.services.imaging import hold_study, link_study
from patients.services.people import (
    add_identifier,
    create_patient,
    default_site,
    find_patient,
    next_code,
    update_patient,
)
from patients.services.rederive import rederive
from patients.services.trajectories import fit_trajectories

__all__ = [
    "accept_finding",
    "add_identifier",
    "amend_ct_assessment",
    "assess_ct",
    "correct",
    "create_patient",
    "default_site",
    "derive",
    "derive_all",
    "derive_patient",
    "find_patient",
    "fit_trajectories",
    "hold_study",
    "link_study",
    "next_code",
    "record_antibody",
    "record_death",
    "record_diagnosis",
    "record_event",
    "record_many",
    "record_observation",
    "record_pft",
    "record_symptoms",
    "record_transplant",
    "record_treatment",
    "rederive",
    "remove",
    "remove_pft",
    "review",
    "update_patient",
    "update_pft",
]
