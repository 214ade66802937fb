"""Visitors of the API: owner and teammate share a site, the stranger has another, the newcomer none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from ildportal.models import User
from patients.models import Site
from tests.factories import make_user


@pytest.fixture(autouse=True)
def everyone_quickly(quick_passwords: None) -> None:
    """Every test here makes users."""


@pytest.fixture(autouse=True)
def unthrottled() -> Iterator[None]:
    """The limits count per process, and all tests are one."""
    yield
    cache.clear()


@pytest.fixture
def owner(member: User) -> APIClient:
    return signed_in(member)


@pytest.fixture
def teammate(bern: Site) -> APIClient:
    return signed_in(make_user("teammate", bern))


@pytest.fixture
def stranger(geneva: Site) -> APIClient:
    return signed_in(make_user("stranger", geneva))


@pytest.fixture
def newcomer(db: None) -> APIClient:
    return signed_in(make_user("newcomer"))


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client
