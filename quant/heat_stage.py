"""Heat maps of a done measurement: a stage of its own, after the numbers and never in their way.

Its messages have a queue and a worker of their own; the worker steps back before each level while any scan waits to be
measured or is being measured. Whatever goes wrong leaves a reason beside the measurement and changes nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from kombu.exceptions import OperationalError

from quant import heat, stored
from quant.engine.errors import UnusableInput
from quant.models import Quantification, Run, State

log = logging.getLogger(__name__)
NETWORK, WAIT_SECONDS = "goh_scores", 20


class Busy(Exception):
    """A scan is to be measured: the maps wait."""


def ask(run_id: int, countdown: int = 0) -> bool:
    """Wake the worker of heat maps, where maps are wanted. Without a broker there are none."""
    from quant import tasks

    if not settings.HEAT_MAPS:
        return False
    try:
        tasks.heat_maps.apply_async(args=(run_id,), countdown=countdown, retry=False, queue=settings.HEAT_QUEUE)
    except (OperationalError, OSError) as error:
        log.warning("run %s gets no heat maps: %s", run_id, error)
        return False
    return True


def process(run_id: int) -> str:
    """One delivery of one message: done, skipped, later or failed. Never raises."""
    one = Quantification.objects.filter(run_id=run_id, run__state=State.DONE).exclude(label_path="").first()
    if one is None or not stored.folder_of(one).is_dir():
        return "skipped"
    try:
        return draw(one, pause=_step_back)
    except Busy:
        return "later"
    except UnusableInput as error:
        return _failed(one, error.detail)
    except Exception as error:
        log.exception("heat maps of run %s", run_id)
        return _failed(one, f"The heat maps could not be drawn ({type(error).__name__}).")


def draw(one: Quantification, pause: Callable[[], None]) -> str:
    """Draw the maps of a stored measurement; skipped where those of this network are there.

    Raises:
        UnusableInput: the scan, its lungs or the network are not what they were.
    """
    from quant import heat_pictures
    from quant.engine.device import resolve
    from quant.goh import heat_known, models, scores

    network, folder = models.MODELS[NETWORK], stored.folder_of(one)
    there = heat.read(folder)
    if there is not None and there.weights == network.sha256 and not there.reason:
        return "skipped"
    pause()
    path = models.weights(NETWORK)
    scan, lungs = stored.scan_and_lungs(one)
    heat_pictures.draw(
        scan,
        lungs,
        dict(one.levels.filter(current=True, source=one.goh_default).values_list("level", "slice")),
        scores.load(path),
        network.sha256,
        heat_known.thresholds(path),
        folder / heat.FOLDER,
        str(resolve(settings.DEVICE)),
        pause,
    )
    return "done"


def _step_back() -> None:
    if Run.objects.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
        raise Busy


def _failed(one: Quantification, reason: str) -> str:
    try:
        heat.Heat("", "", None, (), reason).write(stored.folder_of(one) / heat.FOLDER)
    except OSError as error:
        log.warning("run %s: %s; %s", one.run_id, reason, error)
    return "failed"
