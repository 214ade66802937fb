"""The Celery application, and the checks a worker must pass before it may take a run."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ildportal.settings")
app = Celery("ildportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect
def refuse_unsafe_worker(instance: Any, conf: Any, **_: Any) -> None:
    """One run at a time on one device: prefork, concurrency 1, prefetch 1, or the worker does not start.

    A parent that ran torch would hang its forked children, and a prefetched run would wait behind a
    running one while another worker idles.
    """
    pool = instance.pool_cls if isinstance(instance.pool_cls, str) else instance.pool_cls.__module__
    if "prefork" not in pool or instance.concurrency != 1 or conf.worker_prefetch_multiplier != 1:
        raise SystemExit(
            f"worker refused: needs pool prefork, concurrency 1 and prefetch 1, got {pool}, "
            f"{instance.concurrency} and {conf.worker_prefetch_multiplier} (start it with -P prefork -c 1)"
        )
