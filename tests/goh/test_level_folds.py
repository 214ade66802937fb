"""Cross-validation of the level network: by patient, each judged once by a network that never saw them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from quant.goh import register
from quant.goh.register import Trained
from quant.training.goh import level_folds, level_train
from quant.training.goh.level_cases import Case
from quant.training.goh.level_folds import Material
from quant.training.goh.level_judge import Error
from quant.training.goh.level_train import Plan

CPU = torch.device("cpu")


def chests(block: Case, *people: str) -> list[Any]:
    return [SimpleNamespace(name=f"scan {at}", person=one, case=lambda: block) for at, one in enumerate(people)]


def test_people_are_parted_once_and_none_is_on_both_sides() -> None:
    people = ["a", "b", "c", "d", "e", "a"]
    found = level_folds.parts(people, 4, 1)
    assert sorted(name for fold in found for name in fold) == sorted(set(people))
    assert all(found)
    assert found == level_folds.parts(list(reversed(people)), 4, 1), "the order of the scans changes nothing"


@pytest.mark.parametrize(("people", "count"), [(["a", "b"], 3), (["a", "a"], 2), (["a", "b"], 1)])
def test_too_few_people_are_refused(people: list[str], count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} folds of"):
        level_folds.parts(people, count, 1)


def test_each_fold_learns_without_whom_it_judges(block: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned, judged = [], []
    train = level_train.train

    def counted(state: Any, cases: Any, *rest: Any) -> Any:
        learned.append(len(cases))
        return train(state, cases, *rest)

    def judge(chest: Any, weights: Path) -> Iterator[Error]:
        assert weights.is_file()
        judged.append((len(learned), chest.name))
        yield Error(chest.name, "network", 2, 3.0, 0.9)

    monkeypatch.setattr(level_train, "train", counted)
    material = Material(cast(Any, chests(block, "a", "a", "b")), [block], [])
    plan, said = Plan(steps=1, batch=1), list[str]()
    found = list(level_folds.run(material, plan, 2, CPU, tmp_path / "net.safetensors", said.append, judge))
    assert [one["fold"] for one in found] == [1, 2]
    scans = {"a": ["scan 0", "scan 1"], "b": ["scan 2"]}
    for number, one in enumerate(found, 1):
        (person,) = one["people"]
        assert [name for fold, name in judged if fold == number] == scans[person]
        assert learned[number - 1] == 3 - len(scans[person]) + 1, "the other's scans, and the phantom"
        assert [error["scan"] for error in one["errors"]] == scans[person]
    assert list(tmp_path.iterdir()) == [], "nothing is left of the folds"
    assert any(line.startswith("network level 2: 3.0 mm") for line in said)


def test_neither_a_version_nor_its_file_is_written_over(tmp_path: Path) -> None:
    out = tmp_path / "net.safetensors"
    register.free(out, "goh_levels", "1")
    register.add(tmp_path, Trained("goh_levels", "1", out.name, "0" * 64))
    with pytest.raises(ValueError, match=r"goh_levels 1 is registered .*choose another --model-version"):
        register.free(tmp_path / "other.safetensors", "goh_levels", "1")
    with pytest.raises(ValueError, match="is the file of goh_levels 1: choose another --out"):
        register.free(out, "goh_levels", "2")
    register.free(tmp_path / "other.safetensors", "goh_levels", "2")
