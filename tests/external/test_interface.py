"""Engines of others by name, from the portal and from packages; what their labels mean."""

from __future__ import annotations

import itertools
import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quant.engine.arrays import Labels
from quant.engine.errors import UnusableInput
from quant.engine.external import anatomy, interface, labels
from quant.engine.external.batches import back_off


def test_an_unknown_name_is_told_which_there_are() -> None:
    with pytest.raises(UnusableInput, match="no engine 'calipers' here; there are bundle, density, lungmask, nnunet"):
        interface.find("calipers:x")


def test_a_package_may_offer_one_and_a_broken_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = EntryPoint("theirs", "builtins:str", interface.GROUP)
    broken = EntryPoint("broken", "no.such.module:make", interface.GROUP)
    taken = EntryPoint("lungmask", "builtins:int", interface.GROUP)
    monkeypatch.setattr(interface, "entry_points", lambda **_: [made, broken, taken])
    assert interface.find("theirs:model-7") == "model-7"  # type: ignore[comparison-overlap]
    with pytest.raises(UnusableInput, match="the engine 'broken' cannot be loaded: No module named 'no'"):
        interface.find("broken")
    with pytest.raises(UnusableInput, match="lungmask has no model '7'"):
        interface.find("lungmask:7")


@pytest.mark.parametrize("numbers", list(itertools.permutations((1, 2, 3, 4, 5)))[::17])
def test_lobes_are_told_by_where_they_lie(numbers: tuple[int, ...]) -> None:
    places = {
        anatomy.RUL: (20, 5, 5), anatomy.RML: (10, 2, 6), anatomy.RLL: (8, 9, 4), anatomy.LUL: (19, 4, 20),
        anatomy.LLL: (9, 8, 21),
    }  # fmt: skip
    theirs, ours = np.zeros((24, 12, 24), np.uint8), np.zeros((24, 12, 24), np.uint8)
    for (lobe, (z, y, x)), number in zip(places.items(), numbers, strict=True):
        theirs[z : z + 2, y : y + 2, x : x + 2], ours[z : z + 2, y : y + 2, x : x + 2] = number, lobe
    assert np.array_equal(anatomy.lobes(theirs, (1, 2, 3, 4, 5)), ours)


def test_a_lung_that_was_not_drawn_is_no_result(drawn: Labels) -> None:
    swapped = np.array([0, 2, 1], np.uint8)[drawn]
    assert np.array_equal(anatomy.lungs(swapped, (1, 2)), drawn)
    with pytest.raises(UnusableInput, match="drew nothing with its label 2"):
        anatomy.lungs((drawn == 1).astype(np.uint8), (1, 2))


def test_labels_mean_what_the_file_beside_the_model_says(tmp_path: Path) -> None:
    told = {"lobes": {"7": "RUL", "9": "LLL"}, "patterns": {"1": "honeycombing"}}
    (tmp_path / labels.FILE).write_text(json.dumps(told))
    found = labels.read(tmp_path).apply(np.array([[[0, 7, 9, 1]]], np.uint8))
    assert found.lungs is None
    assert found.lobes is not None
    assert found.lobes.tolist() == [[[0, 1, 5, 0]]]
    assert found.patterns is not None
    assert found.patterns.tolist() == [[[0, 0, 0, 4]]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "is missing: it says what the model's labels mean"),
        ("{", "is not an object of maps"),
        ("[1]", "is not an object of maps"),
        ('{"lobes": {"x": "RUL"}}', "is not an object of maps"),
        ('{"lobes": {"1": "upper"}}', "names 'upper', which is none of the portal's words"),
    ],
)
def test_a_file_of_labels_that_cannot_be_used_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / labels.FILE).write_text(text)
    with pytest.raises(UnusableInput, match=words):
        labels.read(tmp_path)


def test_half_as_many_are_tried_when_memory_does_not_suffice() -> None:
    tried: list[int] = []

    def run(size: int) -> int:
        tried.append(size)
        if size > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return size

    assert back_off(run, 20) == 2
    assert tried == [20, 10, 5, 2]

    def never(_size: int) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(UnusableInput, match="does not suffice for one slice"):
        back_off(never, 8)
