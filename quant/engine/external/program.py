"""Engines that run as programs in an environment of their own: NIfTI out, NIfTI back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.volume import Volume

SECONDS, QUESTION_SECONDS = 1800, 120
LAST_LINES = 3
SAME_MM = 1e-2
# nibabel's functions carry no annotations.
LOAD: Any = nibabel.load
IMAGE: Any = nibabel.Nifti1Image


def located(variable: str, usual: str) -> str:
    """The program that an environment variable names, else the one of its usual name on the path.

    Raises:
        UnusableInput: there is none.
    """
    asked = os.environ.get(variable) or usual
    found = shutil.which(asked)
    if found is None:
        raise UnusableInput("engine", f"{asked} is not installed here: set {variable} to the program's path")
    return found


def run(command: Sequence[str], variables: Mapping[str, str] | None = None, seconds: float = SECONDS) -> str:
    """Run to the end, with these environment variables too; returns what it printed.

    Raises:
        UnusableInput: it could not be started, took too long, or failed; with its own last words.
    """
    name, about = Path(command[0]).name, {**os.environ, **(variables or {})}
    try:
        done = subprocess.run(  # noqa: S603
            command, env=about, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=seconds,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UnusableInput("engine_failed", f"{name} did not end within {seconds:.0f} s and was stopped") from error
    except OSError as error:
        raise UnusableInput("engine_failed", f"{name} cannot be started: {error.strerror}") from error
    if done.returncode:
        said = " / ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-LAST_LINES:])
        raise UnusableInput("engine_failed", f"{name} ended with status {done.returncode}: {said or 'no word'}")
    return done.stdout


def says(command: Sequence[str]) -> str:
    """The last line that a short question is answered with, such as a version; `unknown` where it is not answered."""
    try:
        lines = run(command, seconds=QUESTION_SECONDS).strip().splitlines()
    except UnusableInput:
        return "unknown"
    return lines[-1].strip() if lines else "unknown"


def give(volume: Volume, path: Path) -> None:
    """The scan in HU on the grid of the input."""
    hu: Any = volume.hu
    nibabel.save(IMAGE(np.ascontiguousarray(volume.to_source(hu)), volume.grid.affine), path)


def take(path: Path, volume: Volume) -> Labels:
    """A label map as a program left it, on the grid of the volume (z, y, x).

    Raises:
        UnusableInput: it is not there, not readable, or on another grid.
    """
    try:
        found = LOAD(path)
        values = np.asarray(found.dataobj)
    except Exception as error:
        # nibabel and its decompressors raise many types for missing and damaged files.
        raise UnusableInput("engine_failed", f"the engine left no readable {path.name}: {error}") from error
    off = np.abs(np.asarray(found.affine) - volume.grid.affine).max()
    if values.shape != volume.grid.shape or off > SAME_MM:
        raise UnusableInput("engine_failed", f"{path.name} is on another grid than the scan: {values.shape}")
    return volume.from_source(values.astype(np.uint8))
