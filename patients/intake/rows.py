"""The database rows of a study: its series, their slices, and which series is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from patients import signals
from patients.intake import describe, quality, storage
from patients.intake.assemble import SeriesGroup
from patients.intake.geometry import feet_first
from patients.intake.header import InstanceHeader, read_header
from patients.models import CTInstance, CTSeries, CTStudy


def add_slices(study: CTStudy, fresh: Sequence[InstanceHeader]) -> None:
    """Rows for new slices; what the study knows of its series and its choice follow from all slices.

    Raises:
        Refused: a slice stored earlier can no longer be read.
    """
    before = study.series.filter(chosen=True).values_list("series_uid", "pixel_digest").first()
    groups = _groups([*fresh, *_stored_headers(study)])
    choice = quality.choose(groups)
    best = choice.series.series_uid if choice.series else None
    # First free the one place that the database has for a chosen series.
    for loser in study.series.filter(chosen=True).exclude(series_uid=best):
        _save(loser, {"chosen": False})
    rows = {
        group.series_uid: _series_row(
            study, group, chosen=group.series_uid == best, reason=choice.rejected.get(group.series_uid, choice.reason)
        )
        for group in groups
    }
    CTInstance.objects.bulk_create([describe.instance(rows[h.series_uid], h) for h in fresh])
    if best and (best, rows[best].pixel_digest) != before:
        # In the transaction that stores the slices, so that no crash can part them from their measurement.
        signals.series_ready.send(sender=CTSeries, series=rows[best])


def _stored_headers(study: CTStudy) -> list[InstanceHeader]:
    names = CTInstance.objects.filter(series__study=study).values_list("path", flat=True)
    return [read_header(storage.absolute(name)) for name in names]


def _groups(headers: Iterable[InstanceHeader]) -> list[SeriesGroup]:
    by_uid: dict[str, list[InstanceHeader]] = defaultdict(list)
    for header in headers:
        by_uid[header.series_uid].append(header)
    return [SeriesGroup(uid, tuple(feet_first(found))) for uid, found in sorted(by_uid.items())]


def _series_row(study: CTStudy, group: SeriesGroup, *, chosen: bool, reason: str) -> CTSeries:
    fields = describe.series_fields(group)
    fields |= {"chosen": chosen, "choice_reason": describe.clipped(CTSeries, "choice_reason", reason)}
    row = study.series.filter(series_uid=group.series_uid).first()
    if row is None:
        return CTSeries.objects.create(study=study, series_uid=group.series_uid, **fields)
    return _save(row, fields)


def _save(row: CTSeries, fields: dict[str, Any]) -> CTSeries:
    """Write what differs, so that the history holds changes only."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        row.save(update_fields=changed)
    return row
