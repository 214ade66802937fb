from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from ildportal.demo import cohort, load, users
from ildportal.demo.records import Record

LAST_DAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def everyone_quickly(quick_passwords: None) -> None:
    """Every test here makes users."""


@pytest.fixture(scope="session")
def records() -> tuple[Record, ...]:
    """The cohort as it is shipped."""
    return cohort.generate(LAST_DAY)


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[load.Loaded]:
    """The cohort and its logins in the database, once for all tests of a module, and gone afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = load.load_cohort(LAST_DAY, say=lambda _line: None)
        users.ensure(published=True)
        yield found
        transaction.set_rollback(True)
