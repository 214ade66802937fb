"""Many rows of one kind at once, for loads of whole cohorts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db import transaction

from patients.models.fields import ClinicalRecord

Row = TypeVar("Row", bound=ClinicalRecord)


@transaction.atomic
def record_many(rows: Iterable[Row]) -> list[Row]:
    """Rows of one model: every field is cleaned here, constraints and triggers are the database's to check.

    One query for thousands of rows, where a service for each would ask the database about every constraint first.
    Of sessions the reference values are still to be had (`derive_all`). Raises ValidationError with the field
    named, or IntegrityError with the constraint; nothing is written then.
    """
    found = list(rows)
    for row in found:
        row.clean_fields(exclude=[field.name for field in row._meta.fields if field.is_relation])
    return type(found[0])._default_manager.bulk_create(found, batch_size=2_000) if found else []
