"""PostgreSQL and Valkey for a portal that has no servers of its own (demo, development, tests).

    with Embedded(home) as services:
        services.database_url, services.broker_url

The addresses of a home never change and need no running server: `database_url(home)`, `broker_url(home)`.
Production sets DATABASE_URL and CELERY_BROKER_URL instead and does not install the two binary wheels.
"""

from __future__ import annotations

from ildportal.embedded.places import EmbeddedError, broker_url, database_url, default_home
from ildportal.embedded.supervisor import Embedded

__all__ = ["Embedded", "EmbeddedError", "broker_url", "database_url", "default_home"]
