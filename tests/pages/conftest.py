"""Three visitors: the owner and a teammate are members of one site, the stranger of another."""

from __future__ import annotations

import pytest
from django.test import Client

from ildportal.models import User
from patients.models import Site
from tests.factories import make_site, make_user


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
