"""Heat maps of a done measurement: a stage of its own, after the numbers and never in their way.

Its messages have a queue and a worker of their own; the worker steps back before each level while any scan waits to be
measured or is being measured. Whatever goes wrong leaves a reason beside the measurement and changes nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from kombu.exceptions import OperationalError

from quant import heat, heat_network, stored
from quant.engine.errors import UnusableInput
from quant.models import Quantification, Run, Scoring, State

log = logging.getLogger(__name__)
WAIT_SECONDS = 20


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


def ask_after_scoring(scoring: int) -> bool:
    """The maps follow the network whose scores count now."""
    runs = Scoring.objects.filter(pk=scoring).values_list("quantification__run_id", flat=True)
    return all(map(ask, runs))


def process(run_id: int) -> str:
    """One delivery of one message: done, skipped, later or failed. Never raises."""
    one = Quantification.objects.filter(run_id=run_id, run__state=State.DONE).first()
    if one is None:
        return "skipped"
    try:
        return "skipped" if needless(one) else draw(one, pause=_step_back)
    except Busy:
        return "later"
    except Exception as error:
        return failed(one, error)


def needless(one: Quantification) -> str:
    """Why no maps of it are drawn; empty where they are wanted.

    Raises:
        UnusableInput: the network whose scores count is not what it was.
    """
    if one.is_simulated or not one.label_path or not stored.folder_of(one).is_dir():
        return "its scan or its label maps are not in the store"
    if not slices(one):
        return "it has no Goh levels"
    network, there = heat_network.of(one), heat.read(stored.folder_of(one))
    return f"it has those of {network.by}" if there is not None and there.of(network.by, network.sha256) else ""


def slices(one: Quantification) -> dict[int, int | None]:
    """Of the five levels, where the measurement put them."""
    return dict(one.levels.filter(current=True, source=one.goh_default).values_list("level", "slice"))


def draw(one: Quantification, pause: Callable[[], None] = lambda: None) -> str:
    """Draw the maps of a stored measurement, of the network whose scores of it count; done, or what the pause raises.

    Raises:
        UnusableInput: the scan, its lungs or the network are not what they were.
    """
    from quant import heat_pictures
    from quant.engine.device import resolve
    from quant.goh import heat_known, scores

    pause()
    chosen = heat_network.of(one)
    path = heat_network.weights(chosen)
    limits, trust = heat_known.thresholds(path), heat_known.trust(path)
    scan, lungs = stored.scan_and_lungs(one)
    heat_pictures.draw(
        scan,
        lungs,
        slices(one),
        scores.load(path),
        heat.Network(chosen.name, chosen.version, chosen.sha256, limits, trust),
        stored.folder_of(one) / heat.FOLDER,
        str(resolve(settings.DEVICE)),
        pause,
    )
    return "done"


def failed(one: Quantification, error: Exception) -> str:
    """Leave the reason where the maps would be."""
    if isinstance(error, UnusableInput):
        reason = error.detail
    else:
        log.error("heat maps of run %s", one.run_id, exc_info=error)
        reason = f"The heat maps could not be drawn ({type(error).__name__})."
    try:
        heat.Heat("", None, (), reason=reason).write(stored.folder_of(one) / heat.FOLDER)
    except OSError as no_place:
        log.warning("run %s: %s; %s", one.run_id, reason, no_place)
    return "failed"


def _step_back() -> None:
    if Run.objects.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
        raise Busy
