"""Named arrays in one file, in the safetensors layout: header length, JSON header, raw little-endian data.

Read and written with numpy alone, so that no pickled code is ever run.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TYPES = {"F16": "<f2", "F32": "<f4", "I64": "<i8"}
CODES = {np.dtype(code): name for name, code in TYPES.items()}
HEADER_MOST = 1_000_000
Arrays = dict[str, npt.NDArray[Any]]


def save(path: Path, arrays: Arrays, metadata: dict[str, str]) -> None:
    """Write arrays of float16, float32 or int64 with text about them, names in order."""
    header: dict[str, Any] = {"__metadata__": metadata}
    start, parts = 0, []
    for name, array in sorted(arrays.items()):
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": CODES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, start + len(data)],
        }
        start += len(data)
        parts.append(data)
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def load(path: Path) -> Arrays:
    """The arrays of a file.

    Raises:
        ValueError: not such a file, or one cut short.
    """
    raw = path.read_bytes()
    header, body = _header(path, raw)
    arrays: Arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        kind = np.dtype(TYPES[entry["dtype"]])
        if last > len(body) or last - first != int(np.prod(entry["shape"])) * kind.itemsize:
            raise ValueError(f"{path.name}: {name} is cut short")
        arrays[name] = np.frombuffer(body[first:last], kind).reshape(entry["shape"])
    return arrays


def metadata(path: Path) -> dict[str, str]:
    """What was written about the arrays. Raises ValueError as `load` does."""
    found: dict[str, str] = _header(path, path.read_bytes())[0].get("__metadata__", {})
    return found


def sha256(path: Path) -> str:
    """Hexadecimal digest of the file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _header(path: Path, raw: bytes) -> tuple[dict[str, Any], bytes]:
    length = struct.unpack("<Q", raw[:8])[0] if len(raw) >= 8 else HEADER_MOST
    if length >= min(HEADER_MOST, len(raw)):
        raise ValueError(f"{path.name}: not a safetensors file")
    header: dict[str, Any] = json.loads(raw[8 : 8 + length])
    return header, raw[8 + length :]
