"""Observations that the portal ships: code, unit and plausible range. Others may be recorded under their own code.

LOINC where a code means exactly this measure, else the portal's own (`local`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObservationCode:
    """`low` to `high` is plausible; a value outside is a finding, not an error. UCUM unit, empty for scores."""

    system: str
    code: str
    name: str
    unit: str
    low: float
    high: float


SHIPPED = (
    ObservationCode("loinc", "64098-7", "6-minute walk distance", "m", 0, 1000),
    ObservationCode("local", "spo2-nadir", "Nadir SpO2 on exertion", "%", 50, 100),
    ObservationCode("loinc", "59408-5", "Resting SpO2", "%", 50, 100),
    ObservationCode("local", "mmrc", "mMRC dyspnoea", "", 0, 4),
    ObservationCode("local", "mrss", "Modified Rodnan skin score", "", 0, 51),
    ObservationCode("local", "k-bild", "K-BILD total", "", 0, 100),
    ObservationCode("local", "l-pf", "L-PF total", "", 0, 100),
    ObservationCode("local", "cough-vas", "Cough, visual analogue scale", "mm", 0, 100),
    ObservationCode("loinc", "1988-5", "C-reactive protein", "mg/L", 0, 500),
    ObservationCode("loinc", "2157-6", "Creatine kinase", "U/L", 0, 100_000),
    ObservationCode("local", "kl-6", "KL-6", "U/mL", 0, 20_000),
    ObservationCode("local", "sp-d", "Surfactant protein D", "ng/mL", 0, 5_000),
    ObservationCode("loinc", "33762-6", "NT-proBNP", "pg/mL", 0, 70_000),
    ObservationCode("local", "mpap", "Mean pulmonary artery pressure", "mm[Hg]", 5, 100),
    ObservationCode("local", "pvr", "Pulmonary vascular resistance", "[wood'U]", 0, 40),
    ObservationCode("local", "o2-rest", "Oxygen flow at rest", "L/min", 0, 15),
    ObservationCode("local", "o2-exertion", "Oxygen flow on exertion", "L/min", 0, 15),
)
BY_CODE = {(item.system, item.code): item for item in SHIPPED}
