"""What the database says of a study, a series and a slice, from their headers."""

from __future__ import annotations

from typing import Any

from django.db import models

from patients.intake import findings, geometry, kernels, storage
from patients.intake.assemble import SeriesGroup
from patients.intake.header import InstanceHeader
from patients.models import CTInstance, CTSeries, CTStudy
from patients.models.imaging import Breath, KernelClass, Position

INT32 = 2**31


def study_fields(header: InstanceHeader) -> dict[str, Any]:
    """Fields of CTStudy that every slice of the study shares."""
    return {
        "accession": header.accession,
        "date": header.study_date,
        "time": header.study_time,
        "description": clipped(CTStudy, "description", header.study_description),
    }


def series_fields(series: SeriesGroup) -> dict[str, Any]:
    """Fields of CTSeries from all slices that it has; lengths in mm."""
    first = series.headers[0]
    stack = geometry.measure(series.headers)
    texts = {
        "description": first.series_description,
        "modality": first.modality or "CT",
        "kernel": first.kernel,
        "manufacturer": first.manufacturer,
        "model": first.model,
    }
    return {
        **{field: clipped(CTSeries, field, value) for field, value in texts.items()},
        "number": _int32(first.series_number),
        "kernel_class": kernels.kernel_class(first.kernel) or KernelClass.UNKNOWN,
        "slice_thickness_mm": _positive(first.slice_thickness),
        "spacing_between_mm": stack.spacing,
        "rows": first.rows,
        "columns": first.columns,
        "pixel_spacing_mm": list(first.pixel_spacing) if first.pixel_spacing else None,
        "slices": sum(h.frames for h in series.headers),
        "kvp": _positive(first.kvp),
        "contrast": kernels.contrast(first),
        "position": _position(first),
        "breath": Breath(findings.breath(first)),
        "orientation": "" if stack.orientation == "unknown" else stack.orientation,
        "coverage_mm": sum(stack.steps) if stack.steps else None,
        "pixel_digest": series.pixel_digest,
        "storage_path": storage.series_folder(first.study_uid, series.series_uid),
        "quality_codes": [finding.code for finding in findings.inspect(series)],
    }


def instance(series: CTSeries, header: InstanceHeader) -> CTInstance:
    """The row of one stored file, not yet saved."""
    return CTInstance(
        series=series,
        sop_uid=header.sop_uid,
        number=_int32(header.instance_number),
        position_mm=geometry.along_normal(header),
        pixel_digest=header.pixel_digest,
        checksum=header.checksum,
        path=storage.file_name(header),
    )


def clipped(model: type[models.Model], field: str, text: str) -> str:
    """The text as far as its column holds it."""
    return text[: getattr(model._meta.get_field(field), "max_length", None)]


def _position(header: InstanceHeader) -> Position:
    endings = {"S": Position.SUPINE, "P": Position.PRONE}
    return endings.get(header.patient_position[-1:], Position.UNKNOWN)


def _int32(number: int | None) -> int | None:
    """The number, None when no column of 32 bits can hold it."""
    return number if number is not None and -INT32 <= number < INT32 else None


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None
