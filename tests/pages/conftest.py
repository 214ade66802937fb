"""Three visitors: the owner and a teammate are members of one site, the stranger of another."""

from __future__ import annotations

import pytest
from django.test import Client

from ildportal.models import User
from patients.models import Site
from tests.factories import make_user


@pytest.fixture(autouse=True)
def everyone_quickly(quick_passwords: None) -> None:
    """Every test here makes users."""


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
