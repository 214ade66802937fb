from patients.models.course import ATC, ClinicalEvent, Drug, EventType, Observation, SymptomAssessment, Treatment
from patients.models.fields import DatePrecision, Source
from patients.models.function import DerivedValue, FindingKind, PFTFinding, PulmonaryFunctionTest
from patients.models.imaging import CTAssessment, CTInstance, CTSeries, CTStudy, HoldCode
from patients.models.people import Antibody, Consent, Diagnosis, Patient, PatientIdentifier, Sex, Site, SpirometrySet
from patients.models.trajectory import CohortFit

__all__ = [
    "ATC",
    "Antibody",
    "CTAssessment",
    "CTInstance",
    "CTSeries",
    "CTStudy",
    "ClinicalEvent",
    "CohortFit",
    "Consent",
    "DatePrecision",
    "DerivedValue",
    "Diagnosis",
    "Drug",
    "EventType",
    "FindingKind",
    "HoldCode",
    "Observation",
    "PFTFinding",
    "Patient",
    "PatientIdentifier",
    "PulmonaryFunctionTest",
    "Sex",
    "Site",
    "Source",
    "SpirometrySet",
    "SymptomAssessment",
    "Treatment",
]
