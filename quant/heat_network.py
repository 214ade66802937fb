"""Which network's maps belong to a measurement: that of the network's scores which count, else the shipped one."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from quant.goh import models, shelf
from quant.goh.shelf import Known
from quant.models import LevelScore, Quantification, Scoring
from quant.models.measures import ScoreSource


def of(one: Quantification) -> Known:
    """The digest is that of the weights which made the scores.

    Raises:
        UnusableInput: they are by a network that is not known any more.
    """
    row = LevelScore.objects.filter(quantification=one, source=ScoreSource.NETWORK, current=True).first()
    if row is None:
        return shelf.find(shelf.NAME, models.MODELS[shelf.NAME].version)
    job = Scoring.objects.filter(quantification=one, model=row.model, model_version=row.model_version).first()
    return there(row.model, row.model_version, row.weights_sha256, job.folder if job else "")


def there(name: str, version: str, sha256: str, folder: str = "") -> Known:
    """A network by name and version, with the folder that holds it: `folder`, or the register of the settings.

    Raises:
        UnusableInput: it is not known any more.
    """
    found = shelf.find(name, version, folder or settings.SCORE_MODELS)
    return Known(name, version, sha256, found.folder)


def weights(known: Known) -> Path:
    """Its file.

    Raises:
        UnusableInput: it is not there any more, or not what it was.
    """
    return shelf.weights(known.name, known.version, known.sha256, known.folder)
