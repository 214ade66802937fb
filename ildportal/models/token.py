"""What a program signs in with instead of a password."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken


class ApiToken(AbstractAuthToken):
    """A named token of one user that ends on a day; only its digest is kept."""

    name = models.CharField(max_length=80, help_text=_("The program that uses it; stands in what it records."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="token_name_once_per_user")]

    def __str__(self) -> str:
        return f"token {self.name!r} of {self.user}"
