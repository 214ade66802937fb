"""What a person waits for, and a whole arrival, on the demo cohort; needs the database."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from ildportal.bench.ct import HEADER
from ildportal.bench.line import Line, best, typical
from ildportal.models import User
from ildportal.standings import keep
from patients.models import Patient

SLICES = 150


def lines() -> Iterator[Line]:
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("bench")
    client = Client()
    client.force_login(user)
    code = Patient.objects.order_by("code").values_list("code", flat=True).first()
    if code is None:
        raise ValueError("no patients in this database: load the demo first")
    for name, path in (
        ("worklist", reverse("worklist")),
        ("patient page", reverse("patient", args=[code])),
        ("table of verdicts", reverse("verdicts")),
        ("API, 50 patients", "/api/v1/patients/"),
    ):
        yield Line(f"{name}, on the server", typical(partial(_get, client, path)))
    yield _all_verdicts()
    yield _arrival()


def _all_verdicts() -> Line:
    """Every rule and score of every patient worked out anew, as after a change of the rules."""
    patients = Patient.objects.order_by("pk")
    keys = list(patients.values_list("pk", flat=True))
    return Line(f"verdicts of {len(keys)} patients, anew", best(lambda: keep.store(keys), 2))


def _get(client: Client, path: str) -> None:
    answer = client.get(path, headers={"host": "localhost"})
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def _arrival() -> Line:
    """A folder of slices into the database and the store, beside reading all of the same files' headers."""
    from quant.training.phantom import Disease, Scan, Subject, make, write_dicom

    phantom = make(Subject(seed=6, sex="F", age_years=60, height_cm=165), Scan(slices=SLICES, matrix=512), Disease())
    with tempfile.TemporaryDirectory() as folder:
        paths = write_dicom(phantom, Path(folder) / "ct", **HEADER)
        ours = best(lambda: call_command("import_dicom", folder, stdout=io.StringIO()), 1)
        return Line(f"import {SLICES} slices", ours, "pydicom, whole files", best(lambda: _read(paths), 1))


def _read(paths: list[Path]) -> None:
    import pydicom

    for path in paths:
        pydicom.dcmread(path)
