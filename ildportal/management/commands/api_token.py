"""api_token: what a program signs in with. The token is printed once and kept as a digest only."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from ildportal.api import tokens
from ildportal.models import User


class Command(BaseCommand):
    help = "Make, list or revoke the API tokens of a user. docs/api.md says how a program uses one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="user name; the token sees and writes what this user may")
        parser.add_argument("--days", type=int, default=90, help="days until it ends, at most 366 (default 90)")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--name", help="make a token for the program of this name")
        what.add_argument("--list", action="store_true", help="list the user's tokens")
        what.add_argument("--revoke", metavar="NAME", help="end the token of this name now")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['user']!r}", returncode=2)
        if options["list"]:
            self._list(user)
        elif options["revoke"] is not None:
            self._revoke(user, options["revoke"])
        else:
            self._make(user, options["name"].strip(), options["days"])

    def _make(self, user: User, name: str, days: int) -> None:
        try:
            token, text = tokens.make(user, name, days)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        self.stderr.write(f"Token {name!r} of {user}, until {token.expiry:%Y-%m-%d}. It is shown this once:")
        self.stdout.write(text)

    def _list(self, user: User) -> None:
        for token in tokens.of(user):
            self.stdout.write(f"{token.name}\tmade {token.created:%Y-%m-%d}\tends {token.expiry:%Y-%m-%d}")

    def _revoke(self, user: User, name: str) -> None:
        if not tokens.revoke(user, name):
            raise CommandError(f"{user} has no token {name!r}", returncode=2)
        self.stdout.write(f"revoked {name!r}")
