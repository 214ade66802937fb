"""Reading and measuring a phantom CT of 512 x 512 x 300, stage by stage, and beside the network of a peer."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ildportal.bench.line import Line, best

SLICES = 300
LESION = 12.0
# lungmask's own: slices of this many pixels, in batches of this many.
PEER_PIXELS, PEER_BATCH = 256, 20
HEADER: dict[str, Any] = {
    "patient_id": "bench",
    "issuer": "bench",
    "sex": "F",
    "birth_date": dt.date(1960, 1, 1),
    "study_date": dt.date(2020, 1, 1),
}


def lines() -> Iterator[Line]:
    from quant.training.phantom import Disease, Scan, Subject, make, write_dicom

    subject = Subject(seed=5, sex="F", age_years=58, height_cm=165)
    made: list[Any] = []

    def draw() -> None:
        made.append(make(subject, Scan(slices=SLICES, matrix=512), Disease(ground_glass=LESION)))

    yield Line(f"draw a phantom, {SLICES} slices", best(draw, 1))
    with tempfile.TemporaryDirectory() as folder:
        paths = write_dicom(made[-1], Path(folder) / "ct", **HEADER)
        yield _reading(paths)
        yield from _measuring(paths)


def _reading(paths: list[Path]) -> Line:
    from quant.engine.volume import load_dicom

    ours = best(lambda: load_dicom(paths), 3)
    return Line(f"read {len(paths)} slices into a volume", ours, "pydicom, slice by slice", best(lambda: _plain(paths)))


def _plain(paths: list[Path]) -> Any:
    """The volume as a few lines of pydicom give it: no checks, no geometry beyond the order."""
    import numpy as np
    import pydicom

    slices = sorted((pydicom.dcmread(path) for path in paths), key=lambda one: float(one.ImagePositionPatient[2]))
    return np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])


def _measuring(paths: list[Path]) -> Iterator[Line]:
    """The engine on all slices and on every second one, its stages, its memory, and the peer's network."""
    from quant.engine.run import quantify
    from quant.engine.volume import load_dicom

    volume = load_dicom(paths)
    found: list[Any] = []
    seconds = best(lambda: found.append(quantify(volume)), 2)
    document = found[-1].document
    note = f"lesion {document['lesion_percent']:.1f} %, drawn {LESION:.1f} %"
    yield Line(f"measure {len(paths)} slices", seconds, PEER, peer_seconds(len(paths)), note)
    for stage, taken in document["engine"]["seconds"].items():
        if stage != "total":
            yield Line(f"  of which {stage}", taken)
    half = load_dicom(paths[::2])
    yield Line(f"measure {len(paths[::2])} slices, twice as thick", best(lambda: quantify(half), 2))
    yield _alone(volume)


def _alone(volume: Any) -> Line:
    from quant.engine.identity import ENGINE_NAME
    from quant.evaluation.cost import alone

    found = alone(volume.hu, volume.voxel_mm, ENGINE_NAME, "auto")
    note = f"{found.peak_gib:.1f} GiB at most, {found.processor_s:.1f} s of processor"
    return Line(f"measure {len(volume.hu)} slices in a new process", found.wall_s, note=note)


PEER = "lungmask R231 network, lungs only"


def peer_seconds(slices: int, pixels: int = PEER_PIXELS, batch: int = PEER_BATCH) -> float:
    """Seconds of lungmask's R231 architecture for so many slices, on the same threads: one batch, scaled up.

    Its weights are random, as only their number matters here; its reading, cropping and repair are left out.
    """
    import torch
    from lungmask.resunet import UNet

    from quant.engine import device as devices

    where = devices.resolve("auto")
    shape = {"n_classes": 3, "padding": True, "depth": 5, "up_mode": "upsample", "batch_norm": True, "residual": False}
    network = UNet(**shape).eval().to(where)
    pictures = torch.zeros(batch, 1, pixels, pixels, device=where)

    def forward() -> None:
        with torch.inference_mode():
            network(pictures).sum().item()

    return best(forward, 1) * slices / batch
