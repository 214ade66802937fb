"""Valkey on a unix socket, append-only: a task that was accepted survives kill -9."""

from __future__ import annotations

import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ildportal.embedded import binaries
from ildportal.embedded.places import Places
from ildportal.embedded.service import Service

AT_ONCE = Retry(NoBackoff(), 0)  # the client's default retries for seconds


class Valkey(Service):
    name = "Valkey"
    stop_signal = signal.SIGTERM
    hard_signal = signal.SIGKILL

    def __init__(self, places: Places, durable: bool) -> None:
        super().__init__(places, "valkey", "valkey.sock", durable)

    @property
    def pid_file(self) -> Path:
        return self.data / "valkey.pid"

    def prepare(self) -> None:
        if not self.data.exists():
            self.data.mkdir(mode=0o700)
            self.places.account.own(self.data)

    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.pid_file),
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
            "save": "",
        }
        return [
            str(binaries.valkey_binary()),
            *(part for key, value in options.items() for part in (f"--{key}", value)),
        ]

    def answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=AT_ONCE) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
