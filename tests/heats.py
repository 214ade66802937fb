"""A measured CT with scores by engine and network, pictures of its levels, and heat maps, as workers leave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from patients.models import Patient
from quant import album, heat
from quant.album import Album, Picture
from quant.goh import models
from quant.heat import Heat, LevelHeat, Network, Part, Trust
from quant.models import LevelScore, Quantification
from tests.factories import make_measured_study

NAME = "goh_scores"
VERSION, SHA = models.MODELS[NAME].version, models.MODELS[NAME].sha256
BY = f"{NAME} {VERSION}"
NETWORK = Network(
    NAME, VERSION, SHA, {"tot": -0.46, "gg": -0.54, "ret": -0.58},
    {"tot": Trust(0.81, 0.54), "gg": Trust(0.64, 0.35), "ret": Trust(0.8, 0.04)},
)  # fmt: skip
SIZE = (64, 48)
USE = "trained on synthetic patterns; research use, not clinically validated"


def measured(patient: Patient, storage: Path, **facts: Any) -> Quantification:
    """With five levels by both sources and their pictures, and without heat maps."""
    one = make_measured_study(patient, goh_default="measured", **facts)
    by_network = {"model": NAME, "model_version": VERSION, "weights_sha256": SHA}
    LevelScore.objects.bulk_create(
        LevelScore(
            quantification=one, source=source, level=level, slice=level, position_mm=-9.0 * level, tot=10.0 * level,
            gg=6.0 * level, ret=4.0 * level, confidence=0.4, **(by_network if source == "network" else {}),
        )
        for level in range(1, 6)
        for source in ("measured", "network")
    )  # fmt: skip
    folder = storage / one.label_path / album.FOLDER
    folder.mkdir(parents=True)
    pictures = []
    for level in range(1, 6):
        pictures.append(Picture(f"level-{level}", level, "x", level, -9.0 * level, 0.4, "estimated", *SIZE, ()))
        for suffix in ("", "-mask"):
            Image.new("RGBA", SIZE, (90, 90, 90, 255)).save(folder / f"level-{level}{suffix}.png")
    coronal = Picture("coronal", None, "Coronal", 250, 35.0, None, None, *SIZE, ())
    Image.new("RGBA", SIZE, (90, 90, 90, 255)).save(folder / "coronal.png")
    Image.new("RGBA", SIZE, (90, 90, 90, 255)).save(folder / "coronal-mask.png")
    Album("v1", 0.5, (*pictures, coronal)).write(folder)
    return one


def drawn(one: Quantification, storage: Path, **facts: Any) -> Heat:
    """Heat maps of levels 1 to 4; level 5 has a reason. `facts` replace some of the network's."""
    folder = storage / one.label_path / heat.FOLDER
    parts = {"tot": Part(36.0, 34.4, 40.0, 28.0), "gg": Part(20.0, 15.0, 15.0, None), "ret": Part(9.0, 0.0, 0.0, 0.0)}
    levels = [LevelHeat(level, level, "", *SIZE, parts) for level in range(1, 5)]
    made = Heat(USE, replace(NETWORK, **facts), (*levels, LevelHeat(5, 5, "slice 5 holds no lung.", 0, 0, {})), "h1")
    made.write(folder)
    for name in heat.FILES:
        if not name.startswith("level-5"):
            Image.new("RGBA", SIZE, (200, 60, 117, 190)).save(folder / name)
    return made
