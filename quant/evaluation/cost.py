"""What 300 slices cost: seconds, by stage too, and peak memory of a process that does nothing else.

Run as a module, it is that process: `python -m quant.evaluation.cost VOLUME.nii ENGINE DEVICE`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import nibabel
import numpy as np

from quant.engine.arrays import Hu, Spacing
from quant.engine.volume import Volume, load_nifti
from quant.evaluation.base import Base
from quant.evaluation.targets import Seen

SLICES, LIMIT_S = 300, 1800


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one quantification; the import of libraries counts for the memory and not for the seconds."""

    wall_s: float
    processor_s: float
    peak_gib: float
    stages: dict[str, float]


def resampled(hu: Hu, slices: int = SLICES) -> Hu:
    """The scan with so many slices, by linear interpolation along z."""
    at = np.linspace(0, hu.shape[0] - 1, slices)
    low = np.minimum(at.astype(int), hu.shape[0] - 2)
    part = (at - low).astype(np.float32)
    found = np.empty((slices, *hu.shape[1:]), np.int16)
    for index, (below, share) in enumerate(zip(low, part, strict=True)):
        found[index] = np.rint(hu[below] * (1 - share) + hu[below + 1] * share)
    return found


def measure(base: Base, engine: str, device: str, slices: int = SLICES) -> Iterator[Seen]:
    """The cost of a copy of the scan with that many slices."""
    found = alone(resampled(base.volume.hu, slices), _thinner(base.volume, slices), engine, device)
    case = f"{slices} slices"
    yield Seen("seconds_300", base.name, case, found.wall_s)
    yield Seen("processor_300", base.name, case, found.processor_s)
    yield Seen("memory_300", base.name, case, found.peak_gib)


def _thinner(volume: Volume, slices: int) -> Spacing:
    z, y, x = volume.voxel_mm
    return z * (volume.hu.shape[0] - 1) / (slices - 1), y, x


def alone(hu: Hu, voxel_mm: Spacing, engine: str, device: str) -> Cost:
    """Measure a volume (z, y, x) once in a new process.

    Raises:
        ValueError: the engine refused it, or took longer than half an hour.
    """
    z, y, x = voxel_mm
    with tempfile.TemporaryDirectory(prefix="cost-") as folder:
        path = Path(folder) / "volume.nii"
        nibabel.save(nibabel.Nifti1Image(hu.transpose(2, 1, 0), np.diag([-x, -y, z, 1.0])), path)
        command = [sys.executable, "-m", "quant.evaluation.cost", str(path), engine, device]
        try:
            # This interpreter, this module, a file of ours.
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=LIMIT_S, check=True
            )
        except subprocess.CalledProcessError as error:
            raise ValueError(error.stderr.strip().splitlines()[-1]) from error
        except subprocess.TimeoutExpired as error:
            raise ValueError(f"{SLICES} slices took more than {LIMIT_S} s") from error
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _run(path: str, engine: str, device: str) -> Cost:
    from quant.engine import device as devices
    from quant.engine.run import quantify

    volume = load_nifti(Path(path))
    devices.resolve(device)
    wall, processor = time.perf_counter(), time.process_time()
    measured = quantify(volume, engine=engine, device=device)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Cost(wall, processor, _peak_gib(), measured.document["engine"]["seconds"])


def _peak_gib() -> float:
    """The most memory that this process has held; Linux's own count, as getrusage's begins with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(held.split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_run(*sys.argv[1:]))) + "\n")
