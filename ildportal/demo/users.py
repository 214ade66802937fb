"""Who may look at the demonstration. Their passwords are printed in docs/demo.md, so they open nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from ildportal.models import Membership, User
from patients import services
from patients.models import Site

NORTH, LAKESIDE = "north", "lakeside"


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    first: str
    last: str
    role: str
    sites: tuple[str, ...]
    everything: bool = False


ACCOUNTS = (
    Account("clinician", "Alex", "Example", "ILD clinician, North University Hospital", (NORTH,)),
    Account("radiologist", "Robin", "Example", "radiologist, both sites", (NORTH, LAKESIDE)),
    Account("datamanager", "Sam", "Example", "data manager, both sites", (NORTH, LAKESIDE)),
    Account("administrator", "Kim", "Example", "administrator, everything", (), everything=True),
)


@dataclass(frozen=True, slots=True)
class Login:
    """`password` is None where an account was there already and its password is not the published one."""

    name: str
    password: str | None
    role: str


def published_password(name: str) -> str:
    return f"demo-{name}"


@transaction.atomic
def ensure(*, published: bool) -> list[Login]:
    """The four accounts: made where missing, else left as they are.

    `published` gives them the passwords of the documentation, for a database that only this machine reaches; on any
    other server they get random ones, which are returned this once.
    """
    return [_ensure(account, published) for account in ACCOUNTS]


def _ensure(account: Account, published: bool) -> Login:
    known = published_password(account.name)
    there = User.objects.filter(username=account.name).first()
    if there:
        return Login(account.name, known if there.check_password(known) else None, account.role)
    password = known if published else secrets.token_urlsafe(12)
    user = User.objects.create_user(
        username=account.name,
        password=password,
        first_name=account.first,
        last_name=account.last,
        is_superuser=account.everything,
        is_staff=account.everything,
    )
    # Scans that name no known patient arrive at the default site: who brought them must see them.
    _join(user, (*account.sites, services.default_site().code))
    return Login(account.name, password, account.role)


def _join(user: User, sites: Iterable[str]) -> None:
    Membership.objects.bulk_create([Membership(user=user, site=site) for site in Site.objects.filter(code__in=sites)])
