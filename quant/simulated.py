"""Invented numbers as rows, for the demonstration: complete in form, and of an engine that no scan has seen."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from patients.models import CTSeries, CTStudy, Patient, Source
from quant import results
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import LevelScore, LobeMeasure, Quantification, Run, State

NO_PIXELS = "invented numbers: there is no scan behind them"
NOON = dt.time(12, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedScan:
    """A CT without pixels: columns of its CTSeries, and a document of schema ildportal.quantification/1."""

    patient: Patient
    day: dt.date
    series: Mapping[str, Any]
    document: Mapping[str, Any]


@transaction.atomic
def record_simulated(scans: Sequence[SimulatedScan]) -> list[Quantification]:
    """Study, series, finished run and numbers of each scan; one study a patient and day.

    Raises ValueError when a document names an engine that measures: invented numbers never pass for its own.
    """
    named = {scan.document["engine"]["name"] for scan in scans} - {SIMULATED_ENGINE}
    if named:
        raise ValueError(f"invented numbers cannot be recorded as those of {', '.join(sorted(named))}")
    series = _series(scans)
    runs = Run.objects.bulk_create(_run(one, scan) for one, scan in zip(series, scans, strict=True))
    found = Quantification.objects.bulk_create(_numbers(run, scan) for run, scan in zip(runs, scans, strict=True))
    pairs = list(zip(found, (dict(scan.document) for scan in scans), strict=True))
    LobeMeasure.objects.bulk_create([lobe for one, document in pairs for lobe in results.lobes(one, document)])
    LevelScore.objects.bulk_create([level for one, document in pairs for level in results.levels(one, document)])
    return found


def _series(scans: Sequence[SimulatedScan]) -> list[CTSeries]:
    studies = CTStudy.objects.bulk_create(
        CTStudy(
            patient=scan.patient,
            study_uid=_uid(scan, "study"),
            date=scan.day,
            description="CT thorax (simulated)",
            site=scan.patient.site,
            received_at=_moment(scan),
            source=Source.DEMO,
        )
        for scan in scans
    )
    return CTSeries.objects.bulk_create(
        CTSeries(
            study=study,
            series_uid=_uid(scan, "series"),
            modality="CT",
            chosen=True,
            choice_reason=NO_PIXELS,
            **scan.series,
        )
        for study, scan in zip(studies, scans, strict=True)
    )


def _run(series: CTSeries, scan: SimulatedScan) -> Run:
    moment = _moment(scan)
    return Run(
        series=series,
        idempotency_key=hashlib.sha256(f"{SIMULATED_ENGINE} {series.series_uid}".encode()).hexdigest(),
        engine=SIMULATED_ENGINE,
        engine_version=scan.document["engine"]["version"],
        state=State.DONE,
        percent=100,
        requested_at=moment,
        started_at=moment,
        finished_at=moment,
    )


def _numbers(run: Run, scan: SimulatedScan) -> Quantification:
    return Quantification(
        run=run, series=run.series, created_at=_moment(scan), label_path="", **results.columns(dict(scan.document))
    )


def _moment(scan: SimulatedScan) -> dt.datetime:
    return dt.datetime.combine(scan.day, NOON)


def _uid(scan: SimulatedScan, kind: str) -> str:
    """The same for the same patient and day: a second load meets the first one's rows."""
    digest = hashlib.sha256(f"{SIMULATED_ENGINE} {kind} {scan.patient.code} {scan.day}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16])}"
