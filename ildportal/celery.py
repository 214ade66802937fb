"""The Celery application, and the checks a worker must pass before it may take a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import celeryd_after_setup, worker_ready, worker_shutdown

if TYPE_CHECKING:
    from quant.workers import Pulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ildportal.settings")
app = Celery("ildportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
_pulses: list[Pulse] = []


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


@celeryd_after_setup.connect
def refuse_unknown_network(**_: Any) -> None:
    """A network that each measurement should be scored by must be there before the first one."""
    from quant.scoring import ask

    if told := ask.refusal():
        raise SystemExit(f"worker refused: {told}")


@worker_ready.connect
def give_signs_of_life(sender: Any, **_: Any) -> None:
    """From now on the worklist knows this worker, until it stops. Ready comes again when the broker comes back.

    One that measures nothing, but draws heat maps, must not look as if the queue moved.
    """
    from quant.workers import Pulse

    if not _pulses and app.conf.task_default_queue in app.amqp.queues.consume_from:
        _pulses.append(Pulse(sender.hostname))
        _pulses[0].start()


@worker_shutdown.connect
def take_leave(**_: Any) -> None:
    while _pulses:
        _pulses.pop().end()
