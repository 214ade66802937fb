"""Who may sign in, and whose patients they see."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from patients.models import Site


class User(AbstractUser):
    """A person with a login. Superusers see every site; others see the sites they are members of."""


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.site}"
