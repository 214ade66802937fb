from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from ildportal import embedded, env
from ildportal.demo import courses, load, users, volumes


class Command(BaseCommand):
    help = "Load the demonstration: 120 invented patients, their logins and phantom scans. Twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-volumes", action="store_true", help="leave the phantom scans out")
        parser.add_argument(
            "--force",
            action="store_true",
            help="also into a database server that DATABASE_URL names, or among patients",
        )

    def handle(self, *, no_volumes: bool, force: bool, **_: Any) -> None:
        own = _is_embedded()
        if not own and not force:
            raise CommandError(
                "DATABASE_URL names a database server: invented patients do not belong among real ones. "
                "Unset it for the embedded database, or say --force",
                returncode=2,
            )
        try:
            self._load(published=own, volumes_too=not no_volumes, force=force)
        except load.ForeignPatients as error:
            raise CommandError(f"{error}; --force loads them all the same", returncode=2) from None
        except OperationalError as error:
            detail = str(error).strip().splitlines()[0]
            raise CommandError(f"the database cannot be used: {detail}", returncode=2) from None

    def _load(self, *, published: bool, volumes_too: bool, force: bool) -> None:
        found = load.load_cohort(say=self.stdout.write, among_others=force)
        courses.fit(self.stdout.write)
        logins = users.ensure(published=published)
        self.stdout.write(", ".join(f"{number} {name}" for name, number in found.counts.items()))
        if volumes_too:
            for plan in volumes.missing(found.until):
                volumes.bring(plan, settings.HOME, self.stdout.write)
        for login in logins:
            self.stdout.write(f"{login.name:<15}{login.password or '(its own password)':<22}{login.role}")


def _is_embedded() -> bool:
    """The database lies behind the socket of this home, whatever its name."""
    wanted = env.database(embedded.database_url(settings.HOME))
    used = connection.settings_dict
    return bool(used["HOST"] == wanted["HOST"] and str(used["PORT"]) == wanted["PORT"])
