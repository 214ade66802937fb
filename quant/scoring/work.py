"""What a worker does with one asked-for scoring. Torch is imported here, in the child, and late."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from quant import process, queue, results, stored
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume
from quant.goh import shelf
from quant.goh.levels import Level
from quant.models import LevelScore, Scoring
from quant.models.measures import ScoreSource


def work(pk: int, worker: str) -> process.Outcome:
    """One delivery of one message. Never raises: the row says what happened."""
    claim = queue.claim(pk, worker, Scoring)
    return process.NOTHING if claim is None else process.attempt_at(claim, score)


def score(claim: queue.Claim) -> None:
    """Score and store. Raises UnusableInput, StaleAttempt, or whatever the machine does to it.

    Lungs and levels are those of the measurement, so that both sources speak of the same slices and the same lung.
    """
    from quant.engine import device, volume
    from quant.goh import network, scores, table

    job = Scoring.objects.select_related("quantification__series").get(pk=claim.run_id)
    path = shelf.weights(job.model, job.model_version, job.weights_sha256, job.folder)
    try:
        scorer = scores.load(path)
    except ValueError as error:
        raise UnusableInput("weights", str(error)) from error
    queue.renew(claim, "reading", 5)
    scan = volume.load_dicom(stored.files_of(job.quantification))
    lungs = stored.lungs(job.quantification, scan)
    levels = levels_of(job, scan)
    queue.renew(claim, "scoring", 50)
    found = network.scores(scorer, levels, scan, lungs, device.resolve(settings.DEVICE).type)
    made_by = table.Model(job.model, job.model_version, job.weights_sha256)
    with transaction.atomic():
        queue.finish(claim)
        results.add_scores(job.quantification, ScoreSource.NETWORK, table.source(levels, found, scan.sop_uids, made_by))


def levels_of(job: Scoring, scan: Volume) -> list[Level]:
    """Where the measurement put the five levels.

    Raises:
        UnusableInput: it looked for none, or a slice is not of this scan.
    """
    rows = LevelScore.objects.filter(
        quantification=job.quantification, source=job.quantification.goh_default, current=True
    ).order_by("level")
    levels = [Level(one.level, one.slice, one.position_mm, one.confidence, None) for one in rows]
    if not levels:
        raise UnusableInput("no_levels", "This measurement has no Goh levels: measure the scan again.")
    for one in levels:
        if one.slice is not None and one.slice >= len(scan.sop_uids):
            raise UnusableInput("no_levels", f"Level {one.level} lies beyond the scan as it is in the store now.")
    return levels
