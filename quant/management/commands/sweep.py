from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from quant import services


class Command(BaseCommand):
    help = "Take runs back from workers that fell silent and send lost messages again, once or for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="keep sweeping, this many seconds apart")

    def handle(self, *, every: int | None, verbosity: int, **_: Any) -> None:
        while True:
            try:
                recovered, sent = services.sweep()
                if recovered or sent or (every is None and verbosity):
                    self.stdout.write(f"{recovered} taken back from silent workers, {sent} messages sent again")
            except OperationalError as error:
                if every is None:
                    raise
                self.stderr.write(f"database away, will try again: {error}")
            if every is None:
                return
            close_old_connections()
            time.sleep(every)
