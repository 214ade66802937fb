"""Visitors of the API: owner and teammate share a site, the stranger has another, the newcomer none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.test import APIClient

from ildportal.models import User
from patients.models import Site
from tests.factories import make_site, make_user


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """A real hash takes a third of a second on purpose; every test here makes users."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def unthrottled() -> Iterator[None]:
    """The limits count per process, and all tests are one."""
    yield
    cache.clear()


@pytest.fixture
def bern(db: None) -> Site:
    return make_site("bern", "Bern")


@pytest.fixture
def geneva(db: None) -> Site:
    return make_site("geneva", "Geneva")


@pytest.fixture
def member(bern: Site) -> User:
    return make_user("owner", bern)


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
