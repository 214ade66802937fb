"""Three visitors: the owner and a teammate are members of one site, the stranger of another."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from ildportal.models import User
from patients.models import Site
from tests.factories import make_site, make_user


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """A real hash takes a third of a second on purpose; every test here makes users."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
def owner(member: User) -> Client:
    return signed_in(member)


@pytest.fixture
def teammate(bern: Site) -> Client:
    return signed_in(make_user("teammate", bern))


@pytest.fixture
def stranger(geneva: Site) -> Client:
    return signed_in(make_user("stranger", geneva))


@pytest.fixture
def superuser(db: None) -> Client:
    return signed_in(make_user("root", is_superuser=True))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
