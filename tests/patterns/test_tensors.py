"""Weights go through a file unchanged; a file that is not one of ours is refused, not half read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quant.engine import tensors


def test_arrays_come_back_as_they_went(tmp_path: Path) -> None:
    arrays: tensors.Arrays = {
        "head.weight": np.arange(12, dtype=np.float16).reshape(3, 4),
        "head.bias": np.array([0.5, -1.25], np.float32),
        "steps": np.array(7, np.int64),
    }
    path = tmp_path / "net.safetensors"
    tensors.save(path, arrays, {"seed": "1"})
    found = tensors.load(path)
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)
    assert tensors.metadata(path) == {"seed": "1"}


def test_the_layout_is_the_public_one(tmp_path: Path) -> None:
    """Eight bytes of header length, JSON, then the numbers: what other readers expect."""
    path = tmp_path / "net.safetensors"
    tensors.save(path, {"a": np.array([1.0, 2.0], np.float16)}, {})
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    assert raw[8:9] == b"{"
    assert b'"dtype": "F16"' in raw[8 : 8 + length]
    assert raw[8 + length :] == np.array([1.0, 2.0], "<f2").tobytes()


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "net.safetensors"
    tensors.save(path, {"a": np.ones((4, 4), np.float16)}, {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"net\.safetensors"):
        tensors.load(path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    path.write_bytes(b"\x80\x04\x95" + bytes(400))
    with pytest.raises(ValueError, match="not a safetensors file"):
        tensors.load(path)
