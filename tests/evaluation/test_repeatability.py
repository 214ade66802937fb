"""Repeatability coefficients: by hand, and in the form that is registered."""

from __future__ import annotations

import math

import pytest

from quant import repeatability as registered
from quant.engine.result import Measured
from quant.engine.volume import Volume
from quant.evaluation import cases, repeatability
from quant.evaluation.base import Base
from quant.evaluation.perturb import CHANGES


def test_coefficients_by_hand() -> None:
    groups: list[list[dict[str, float | None]]] = [
        [{"a": 1.0, "b": 1.0}, {"a": 3.0, "b": None}],
        [{"a": 2.0, "b": 1.0}, {"a": 2.0, "b": 1.0}],
    ]
    # Variances 2 and 0, mean 1; b is missing once and has no limit.
    assert repeatability.coefficients(groups) == {"a": pytest.approx(1.96 * math.sqrt(2), abs=1e-4)}


def engine(volume: Volume) -> Measured:
    """Numbers that follow the mean of the scan."""
    mean = float(volume.hu.mean())
    patterns = {name: {"percent": None} for name in ("reticulation",)} | {"ground_glass": {"percent": mean / 100}}
    lungs = {
        "volume_ml": 5.0 * mean,
        "haa_percent": mean,
        "laa950_percent": 1.0,
        "mean_density_hu": mean,
        "perc15_hu": mean,
    }
    document = {
        "engine": {"name": "mean", "version": "1", "weights": {"net": "ab"}, "device": "cpu"},
        "lungs": lungs,
        "patterns": patterns,
        "lesion_percent": mean / 100,
        "fibrosis_percent": None,
        "ild_percent": None,
        "severity": {"total": 3},
    }
    none = volume.hu.astype("uint8") * 0
    return Measured(document, none, none, none, volume, None)


@pytest.mark.django_db
def test_the_document_is_one_that_can_be_registered(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeatability, "DISEASES", ("ground glass patchy",))
    monkeypatch.setattr(repeatability, "PAIRS", cases.PAIRS[:1])
    document = repeatability.limits([base], engine, seed=1)
    assert document["scans"] == 1 + len(repeatability.DISEASES)
    assert document["limits"]["laa950_percent"] == document["limits"]["severity_total"] == 0.0
    assert document["limits"]["lung_volume_ml"] == pytest.approx(5 * document["limits"]["mean_density_hu"], rel=1e-3)
    assert document["limits"]["lung_volume_ml"] > 0
    assert "fibrosis_percent" not in document["limits"]
    # It draws nothing, so it misses the whole change of a disease that grows from 6 to 14 % of the lungs.
    assert document["limits"]["lesion_percent"] == pytest.approx(1.96 * 8, rel=0.05)
    assert all(name in document["method"] for name in CHANGES)
    kept = registered.register(document)
    assert {one.measure for one in kept} == set(document["limits"])
    assert {(one.engine, one.engine_version, one.scans) for one in kept} == {("mean", "1", document["scans"])}


def test_one_scan_alone_repeats_nothing() -> None:
    with pytest.raises(ValueError, match="two scans"):
        repeatability.limits([], engine, seed=1)
