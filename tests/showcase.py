"""An invented clinic in which every state of the pages occurs, for screenshots and the browser test."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from ildportal.models import User
from patients.models import Antibody, Diagnosis, Patient
from quant.models import State
from tests import courses
from tests.factories import (
    make_measured_study,
    make_patient,
    make_quantification,
    make_run,
    make_series,
    make_site,
    make_study,
    make_user,
)

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
    """A patient followed for years, and one with simulated CTs."""
    patient = make_patient("SSc-0147", birth_date=date(1966, 5, 17), site=make_site())
    Diagnosis.objects.create(
        patient=patient, code="SSc-ILD", text="fibrotic NSIP", date=date(2019, 3, 1), date_precision="month",
        confidence="definite", decided_by="mdt",
    )  # fmt: skip
    for code, result in (("anti-Scl-70", "positive"), ("anti-centromere", "negative"), ("Ro52", "negative")):
        Antibody.objects.create(patient=patient, code=code, result=result, date=date(2019, 2, 3))
    courses.followed(patient)
    last = patient.ct_studies.latest("date")
    make_series(last, number=5, description="Mediastinum 3.0 mm", kernel="Br36", slice_thickness_mm=3.0, slices=98,
                chosen=False, choice_reason="axial, 3 mm, 98 slices: thinner slices was preferred")  # fmt: skip
    make_run(make_series(make_study(patient, date(2024, 9, 23))), State.QUEUED)
    courses.simulated(make_patient("SSc-0301", birth_date=date(1971, 8, 30), site=make_site()))
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
