"""Making, listing and revoking tokens."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ildportal.models import ApiToken, User

LONGEST_DAYS = 366


@transaction.atomic
def make(user: User, name: str, days: int) -> tuple[ApiToken, str]:
    """A token of `user` that ends after `days`, and its text, which nobody can read again.

    A name whose token has ended is free again.

    Raises:
        ValidationError: no such name, or one in use; days outside 1 to 366.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": f"{days} is outside 1 to {LONGEST_DAYS}"})
    ApiToken.objects.filter(user=user, name=name, expiry__lt=timezone.now()).delete()
    probe = ApiToken(digest="-", token_key="-", user=user, name=name)  # noqa: S106
    probe.full_clean()
    made: tuple[ApiToken, str] = ApiToken.objects.create(user=user, expiry=dt.timedelta(days=days), name=name)
    return made


def of(user: User) -> QuerySet[ApiToken]:
    """The tokens of `user`, by name."""
    return ApiToken.objects.filter(user=user).order_by("name")


def revoke(user: User, name: str) -> bool:
    """End a token at once; False when there is none of this name."""
    deleted, _ = ApiToken.objects.filter(user=user, name=name).delete()
    return deleted > 0
