"""What a client sends to each resource: one body that is right."""

from __future__ import annotations

from typing import Any

RIGHT: dict[str, dict[str, Any]] = {
    "patients": {"birth_date": "1961-02-03", "sex": "F", "smoking": "former", "pack_years": 12.5},
    "diagnoses": {"code": "SSc-ILD", "date": "2021-03-01", "date_precision": "month", "confidence": "definite"},
    "antibodies": {"code": "anti-Scl-70", "result": "positive", "titre": 240, "titre_unit": "U/mL"},
    "pfts": {"date": "2024-05-06", "fvc_l": 2.31, "fev1_l": 1.9, "height_cm": 164, "bronchodilator": "pre"},
    "observations": {"date": "2024-05-06", "system": "loinc", "code": "64098-7", "value": 412, "unit": "m"},
    "symptoms": {"date": "2024-05-06", "dyspnoea": "worse", "cough": "same", "mmrc": 2},
    "treatments": {"drug": "nintedanib", "dose": 150, "unit": "mg bid", "start": "2024-05-06"},
    "events": {"type": "acute exacerbation", "certainty": "suspected", "date": "2024-05-06"},
}
# A correction of each, and what it must read afterwards.
CORRECTED: dict[str, dict[str, Any]] = {
    "patients": {"smoking": "former", "pack_years": 14},
    "diagnoses": {"confidence": "low"},
    "antibodies": {"titre": 120},
    "pfts": {"fvc_l": 2.41},
    "observations": {"value": 421},
    "symptoms": {"cough": "worse"},
    "treatments": {"stop": "2024-09-01"},
    "events": {"certainty": "definite"},
}


def body(resource: str, whose: str, **changes: Any) -> dict[str, Any]:
    """A right body for `resource` about the patient of this code, with changes."""
    about = {} if resource == "patients" else {"patient": whose}
    return {**about, **RIGHT[resource], **changes}
