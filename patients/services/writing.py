"""How every fact is checked, saved and taken away."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TypeVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from patients import life
from patients.models import DatePrecision
from patients.services import refusals

Record = TypeVar("Record", bound=models.Model)
# Dates of what has happened, and how exactly each is known; `stop` may be planned, and is the first day without.
HAPPENED = {"date": "date_precision", "start": "start_precision", "end_date": "", "hb_date": ""}
OWN = ("birth_date", "death_date", "transplant_date", "last_seen_alive", "raynaud_onset", "first_non_raynaud")


def names(record: models.Model | type[models.Model]) -> frozenset[str]:
    return frozenset(field.name for field in record._meta.concrete_fields)


def check(record: models.Model) -> None:
    """Everything that can be known to be wrong before the database is asked to store it.

    Raises:
        ValidationError: each fault under its field.
    """
    errors: dict[str, list[ValidationError]] = defaultdict(list)
    try:
        record.full_clean(validate_constraints=False)
    except ValidationError as error:
        errors.update(error.error_dict)
    for field, fault in [*_refused(record, set(errors)), *_dates(record, set(errors))]:
        if field not in errors:
            errors[field].append(fault)
    if errors:
        raise ValidationError(dict(errors))


def save(record: Record, changed: Collection[str] | None = None) -> Record:
    """Check and store; what only the database can see comes back under its field as well.

    Args:
        changed: the fields that differ; default all, as for a new record.
    """
    check(record)
    return store(record, changed)


def store(record: Record, changed: Collection[str] | None = None) -> Record:
    """Store what has been checked already: to ask the database about each constraint takes 30 times as long."""
    try:
        with transaction.atomic():
            record.save(update_fields=changed)
    except IntegrityError as error:
        raise refusals.refusal(error, names(record)) from error
    return record


def change(record: Record, facts: dict[str, object]) -> set[str]:
    """Set the facts that differ and store them; returns their names."""
    changed = {name for name, value in facts.items() if getattr(record, name) != value}
    for name in changed:
        setattr(record, name, facts[name])
    save(record, changed) if changed else check(record)
    return changed


def _refused(record: models.Model, faulty: set[str]) -> Iterator[tuple[str, ValidationError]]:
    spoiled = bool(faulty)
    for model, constraints in record.get_constraints():
        for constraint in constraints:
            if spoiled and isinstance(constraint, ExclusionConstraint):
                continue  # PostgreSQL cannot build a range of a stop before its start
            try:
                constraint.validate(model, record, exclude=faulty)
            except ValidationError:
                spoiled = True
                field, sentence = refusals.meaning(constraint.name, names(record))
                yield field, ValidationError(sentence, code=constraint.name)


def _dates(record: models.Model, faulty: set[str]) -> Iterator[tuple[str, ValidationError]]:
    """Dates in the future, and outside the life of the patient."""
    known = names(record) - faulty
    for field, precision in HAPPENED.items():
        if field in known and (date := getattr(record, field)):
            yield from _date(record, field, date, getattr(record, precision) if precision in known else "")
    if "stop" in known and (stop := getattr(record, "stop")):  # noqa: B009
        yield from _life(record, "stop", stop - dt.timedelta(days=1), "")
    if "death_date" in known:
        for field in known.intersection(OWN):
            if (date := getattr(record, field)) and (problem := life.in_future(date)):
                yield field, ValidationError(problem, code="future")


def _date(record: models.Model, field: str, date: dt.date, precision: str) -> Iterator[tuple[str, ValidationError]]:
    if problem := life.in_future(date):
        yield field, ValidationError(problem, code="future")
    else:
        yield from _life(record, field, date, precision)


def _life(record: models.Model, field: str, date: dt.date, precision: str) -> Iterator[tuple[str, ValidationError]]:
    patient = getattr(record, "patient", None)
    if patient and (problem := life.outside_life(patient, date, precision or DatePrecision.DAY)):
        yield field, ValidationError(problem, code="outside_life")
