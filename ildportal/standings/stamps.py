"""Whether anything on record about a patient has changed since.

PostgreSQL gives every version of a row a place and the number of the transaction that wrote it. Their sum over all
rows that the rules and scores read is a stamp that any write changes, bulk, raw and by hand included; a write of what
no rule reads may change it too, which costs one more computation and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

from django.db import connection

from patients.prognosis.score import SCORE_SET
from patients.progression.rules import DEFAULTS
from patients.progression.verdict import RULE_SET

# Raised when what is stored of a standing changes its form.
FORM = 2
SQL = """
WITH rows (patient, name, place, written) AS (
    SELECT id, 'patient', ctid, xmin FROM patients_patient WHERE id = ANY(%(keys)s)
    UNION ALL SELECT p.id, 'site', t.ctid, t.xmin
        FROM patients_site t JOIN patients_patient p ON p.site_id = t.id WHERE p.id = ANY(%(keys)s)
    UNION ALL SELECT patient_id, 'diagnosis', ctid, xmin FROM patients_diagnosis WHERE patient_id = ANY(%(keys)s)
    UNION ALL SELECT patient_id, 'pft', ctid, xmin
        FROM patients_pulmonaryfunctiontest WHERE patient_id = ANY(%(keys)s)
    UNION ALL SELECT p.patient_id, 'derived', t.ctid, t.xmin
        FROM patients_derivedvalue t JOIN patients_pulmonaryfunctiontest p ON p.id = t.pft_id
        WHERE t.measure IN ('FVC', 'FEV1', 'DLCO', 'DLCO-Hb') AND p.patient_id = ANY(%(keys)s)
    UNION ALL SELECT patient_id, 'symptoms', ctid, xmin
        FROM patients_symptomassessment WHERE patient_id = ANY(%(keys)s)
    UNION ALL SELECT patient_id, 'event', ctid, xmin FROM patients_clinicalevent WHERE patient_id = ANY(%(keys)s)
    UNION ALL SELECT patient_id, 'study', ctid, xmin FROM patients_ctstudy WHERE patient_id = ANY(%(keys)s)
    UNION ALL SELECT s.patient_id, 'assessment', t.ctid, t.xmin
        FROM patients_ctassessment t JOIN patients_ctstudy s ON s.id = t.study_id WHERE s.patient_id = ANY(%(keys)s)
    UNION ALL SELECT s.patient_id, 'series', t.ctid, t.xmin
        FROM patients_ctseries t JOIN patients_ctstudy s ON s.id = t.study_id WHERE s.patient_id = ANY(%(keys)s)
    UNION ALL SELECT s.patient_id, 'measured', t.ctid, t.xmin
        FROM quant_quantification t JOIN patients_ctseries c ON c.id = t.series_id
        JOIN patients_ctstudy s ON s.id = c.study_id WHERE s.patient_id = ANY(%(keys)s)
    UNION ALL SELECT s.patient_id, 'level', t.ctid, t.xmin
        FROM quant_levelscore t JOIN quant_quantification q ON q.id = t.quantification_id
        JOIN patients_ctseries c ON c.id = q.series_id
        JOIN patients_ctstudy s ON s.id = c.study_id WHERE s.patient_id = ANY(%(keys)s)
)
SELECT patient, count(*), sum(hashtextextended(name || place, written::text::bigint)) FROM rows GROUP BY patient
"""


LIMITS = "SELECT coalesce(sum(hashtextextended(ctid::text, xmin::text::bigint)), 0) FROM quant_repeatabilitylimit"


def stamps(keys: Collection[int]) -> dict[int, str]:
    """By primary key of the patients; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
        rules = _rules(int(cursor.fetchone()[0]))
        cursor.execute(SQL, {"keys": list(keys)})
        return {patient: f"{rules}:{count}:{int(total):x}" for patient, count, total in cursor.fetchall()}


def _rules(limits: int) -> str:
    """What the answers rest on besides a patient's own facts."""
    settings = {name: one.to_dict() for name, one in DEFAULTS.items()}
    told = json.dumps([FORM, RULE_SET, SCORE_SET, settings, limits], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
