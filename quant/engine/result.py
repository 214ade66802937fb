"""A result and its files: the document and three label maps on the grid of the input."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from quant.engine.arrays import Labels
from quant.engine.volume import Volume
from quant.goh.levels import Level

# nibabel's functions carry no annotations.
NIFTI: Any = nibabel.Nifti1Image

DOCUMENT = "quantification.json"
MAPS = ("lungs", "lobes", "patterns")
# Tubes are drawn for looking at: a result without them, as older ones are, is whole.
TUBES = ("airways", "vessels")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The contract's document, and label maps uint8 (z, y, x) on the grid of `volume`.

    `carina` is the slice where the airway divides, None where that is not seen. `airways` holds 1 + the generation of
    a branch, `vessels` 1; None where they were not drawn. `levels` are the Goh levels where they were asked for.
    """

    document: dict[str, Any]
    lungs: Labels
    lobes: Labels
    patterns: Labels
    volume: Volume
    carina: int | None
    airways: Labels | None = None
    vessels: Labels | None = None
    levels: tuple[Level, ...] | None = None


def write(measured: Measured, out_dir: Path) -> None:
    """Write lungs.nii.gz, lobes.nii.gz, patterns.nii.gz, airways.nii.gz and vessels.nii.gz where they were drawn, then
    quantification.json, into `out_dir`.

    The document goes first when an old result is replaced and comes last: where it is, all is there.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / DOCUMENT).unlink(missing_ok=True)
    for name in (*MAPS, *TUBES):
        target = out_dir / f"{name}.nii.gz"
        labels = getattr(measured, name)
        if labels is None:
            target.unlink(missing_ok=True)
            continue
        partial = out_dir / f".{name}.partial.nii.gz"
        nibabel.save(image(labels, measured.volume), partial)
        partial.replace(target)
    partial = out_dir / f".{DOCUMENT}.partial"
    partial.write_text(to_json(measured), encoding="utf-8")
    partial.replace(out_dir / DOCUMENT)


def to_json(measured: Measured) -> str:
    """The document as JSON text; NaN cannot be in it."""
    return json.dumps(measured.document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def image(labels: Labels, volume: Volume) -> Any:
    """A label map as NIfTI in patient space (RAS, mm), voxel for voxel on the grid of the input."""
    found = NIFTI(np.ascontiguousarray(volume.to_source(labels)), volume.grid.affine)
    found.header.set_xyzt_units("mm")
    found.set_sform(volume.grid.affine, code="scanner")
    # A quaternion cannot hold the shear of a tilted gantry; the sform holds it.
    found.set_qform(volume.grid.affine, code="scanner")
    return found
