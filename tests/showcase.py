"""An invented clinic in which every state of the pages occurs, for screenshots and the browser test."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from ildportal.models import User
from patients.models import Antibody, ClinicalEvent, Diagnosis, Patient, Treatment
from quant.models import State
from tests.factories import (
    make_measured_study,
    make_patient,
    make_pft,
    make_quantification,
    make_run,
    make_series,
    make_site,
    make_study,
    make_user,
)

FLAGGED = [
    {"code": "contrast", "detail": "contrast medium given: vessels and tissue measure denser"},
    {"code": "cut_at_base", "detail": "the lung bases are cut off: volumes are too small"},
]
TOO_THICK = "axial, 5 mm, 62 slices over 31.0 cm, kernel B70f (sharp); slices 5 mm thick, at most 3 mm is measured"


def fill() -> User:
    """One member of one site, its patients and a worklist with every state; returns the member."""
    site = make_site("bern", "University Hospital Bern")
    member = make_user("dr.example", site, first_name="Alex", last_name="Example")
    follow_up()
    done()
    waiting()
    troubled()
    return member


def follow_up() -> Patient:
    """A patient followed for years, the first CT measured by an earlier engine."""
    patient = make_patient("SSc-0147", birth_date=date(1966, 5, 17), site=make_site())
    Diagnosis.objects.create(
        patient=patient, code="SSc-ILD", text="fibrotic NSIP", date=date(2021, 3, 1), date_precision="month",
        confidence="definite", decided_by="mdt",
    )  # fmt: skip
    for code, result in (("anti-Scl-70", "positive"), ("anti-centromere", "negative"), ("Ro52", "negative")):
        Antibody.objects.create(patient=patient, code=code, result=result, date=date(2021, 2, 3))
    _scans(patient)
    _sessions(patient)
    _course(patient)
    return patient


def done() -> None:
    for code, sex, born, lesion, before in (
        ("SSc-0201", "F", 1962, 18.9, 14.8), ("SSc-0133", "M", 1969, 6.2, 7.0), ("SSc-0224", "F", 1956, 9.7, None),
    ):  # fmt: skip
        patient = make_patient(code, sex=sex, birth_date=date(born, 2, 3))
        if before is not None:
            make_measured_study(patient, date(2023, 2, 6), lesion=before)
        make_measured_study(patient, date(2024, 2, 26), lesion=lesion)


def waiting() -> None:
    """Two running, one of them silent, three in the queue."""
    running = make_series(make_study(make_patient("SSc-0211", birth_date=date(1967, 7, 7))), kernel="Br59")
    make_run(running, State.RUNNING)
    silent = make_series(make_study(make_patient("SSc-0188", birth_date=date(1958, 9, 1))), slice_thickness_mm=1.25)
    late = timezone.now() - timedelta(minutes=14)
    make_run(silent, State.RUNNING, stage="lobes", percent=41, attempts=2, lease_until=late)
    for code in ("SSc-0052", "SSc-0206", "SSc-0119"):
        make_run(make_series(make_study(make_patient(code))), State.QUEUED)
    make_run(
        make_series(make_study(make_patient("SSc-0015"))), State.QUEUED, attempts=1,
        reason="The worker stopped while measuring this scan; it will be measured again.",
    )  # fmt: skip


def troubled() -> None:
    """Failed, held, and without a series to measure."""
    failed = make_series(make_study(make_patient("SSc-0174", sex="M", birth_date=date(1978, 1, 2))))
    reason = "Lung mask failed: 1 lung found, 2 expected (possible pneumonectomy or effusion)."
    make_run(failed, State.FAILED, reason=reason)
    thick = make_study(make_patient("SSc-0093", birth_date=date(1965, 4, 4)))
    make_series(thick, number=4, description="Thorax B70f", kernel="B70f", slice_thickness_mm=5.0, slices=62,
                chosen=False, choice_reason=TOO_THICK)  # fmt: skip
    make_quantification(make_series(make_study(None)))


def _scans(patient: Patient) -> None:
    old = make_run(make_series(make_study(patient, date(2021, 3, 16))), engine_version="0.0.9")
    make_quantification(old.series, run=old, lesion=11.5, volume=3804.0)
    make_measured_study(patient, date(2022, 4, 11), lesion=13.1, volume=3655.0)
    cut = make_series(make_study(patient, date(2023, 5, 8)), quality_codes=["contrast", "thick"], contrast="yes")
    make_quantification(cut, lesion=17.8, volume=3120.0, accepted=False, warnings=FLAGGED)
    last = make_study(patient, date(2024, 3, 4))
    make_quantification(make_series(last), lesion=23.2)
    make_series(last, number=5, description="Mediastinum 3.0 mm", kernel="Br36", slice_thickness_mm=3.0, slices=98,
                chosen=False, choice_reason="axial, 3 mm, 98 slices: thinner slices was preferred")  # fmt: skip
    make_run(make_series(make_study(patient, date(2024, 9, 23))), State.QUEUED)


def _sessions(patient: Patient) -> None:
    for day, fvc, dlco, grade in (
        (date(2021, 3, 16), "2.510", "5.0100", "A"), (date(2022, 4, 11), "2.390", "4.5800", "A"),
        (date(2023, 5, 8), "2.140", "3.7200", "D"), (date(2024, 3, 4), "1.980", "3.4800", "A"),
    ):  # fmt: skip
        make_pft(
            patient, day, fvc_l=Decimal(fvc), fev1_l=Decimal(fvc) * Decimal("0.83"), dlco_mmol_min_kpa=Decimal(dlco),
            quality_fvc=grade,
        )  # fmt: skip
    make_pft(
        patient, date(2022, 10, 11), fvc_l=Decimal("2.280"), dlco_mmol_min_kpa=None, kco_mmol_min_kpa_l=None, va_l=None,
        quality_dlco="", dlco_not_done_reason="could not perform",
    )  # fmt: skip


def _course(patient: Patient) -> None:
    for drug, dose, unit, start, stop in (
        ("prednisone", "10", "mg/day", date(2021, 3, 20), date(2022, 1, 31)),
        ("mycophenolate", "2", "g/day", date(2021, 4, 10), date(2023, 9, 1)),
        ("mycophenolate", "3", "g/day", date(2023, 9, 1), None),
        ("nintedanib", "100", "mg bid", date(2023, 7, 4), None),
    ):
        Treatment.objects.create(patient=patient, drug=drug, dose=Decimal(dose), unit=unit, start=start, stop=stop)
    ClinicalEvent.objects.create(
        patient=patient, type="respiratory hospitalisation", date=date(2022, 1, 14), end_date=date(2022, 1, 21),
        text="Pneumonia, oxygen for three days", adjudicated=True,
    )  # fmt: skip
    ClinicalEvent.objects.create(patient=patient, type="oxygen started", date=date(2024, 2, 1), date_precision="month")
