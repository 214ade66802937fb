"""A right body for each resource that is written: the schema shows them, and the tests send them."""

from __future__ import annotations

from typing import Any

from quant.goh import models

Bodies = dict[str, dict[str, Any]]

ENTERED: Bodies = {
    "patients": {"birth_date": "1961-02-03", "sex": "F", "smoking": "former", "pack_years": 12.5},
    "diagnoses": {"code": "SSc-ILD", "date": "2021-03-01", "date_precision": "month", "confidence": "definite"},
    "antibodies": {"code": "anti-Scl-70", "result": "positive", "titre": 240, "titre_unit": "U/mL"},
    "pfts": {"date": "2024-05-06", "height_cm": 164, "fvc_l": 2.31, "fev1_l": 1.9, "bronchodilator": "pre"},
    "observations": {"date": "2024-05-06", "system": "loinc", "code": "64098-7", "value": 412, "unit": "m"},
    "symptoms": {"date": "2024-05-06", "dyspnoea": "worse", "cough": "same", "mmrc": 2},
    "treatments": {"drug": "nintedanib", "dose": 150, "unit": "mg bid", "start": "2024-05-06"},
    "events": {"type": "acute exacerbation", "certainty": "suspected", "date": "2024-05-06"},
    "scorings": {"model": "goh_scores", "version": models.MODELS["goh_scores"].version},
    "ct-assessments": {
        "assessor": "Dr Example",
        "date": "2024-05-06",
        "fibrosis_present": "yes",
        "alternative_explanation": "no",
        "reticulation_more": "yes",
        "fibrosis_more": "yes",
        "pattern": "probable UIP",
    },
}
CORRECTED: Bodies = {
    "patients": {"smoking": "former", "pack_years": 14},
    "diagnoses": {"confidence": "low"},
    "antibodies": {"titre": 120},
    "pfts": {"fvc_l": 2.41},
    "observations": {"value": 421},
    "symptoms": {"cough": "worse"},
    "treatments": {"stop": "2024-09-01"},
    "events": {"certainty": "definite"},
    "ct-assessments": {"honeycombing_more": "no", "pattern": "UIP"},
}


ABOUT = {"ct-assessments": "study", "scorings": "quantification"}


def entered(resource: str, patient: str, one: int = 12) -> dict[str, Any]:
    """The body that enters something about the patient of this code; about CT study or quantification `one`."""
    about: dict[str, Any] = {ABOUT[resource]: one} if resource in ABOUT else {"patient": patient}
    return {**({} if resource == "patients" else about), **ENTERED[resource]}
