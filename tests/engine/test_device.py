"""Threads of torch and BLAS are given back, whatever happens between."""

from __future__ import annotations

import pytest
import torch
from threadpoolctl import threadpool_info

from quant.engine.device import one_thread


def threads() -> tuple[int, set[int]]:
    return torch.get_num_threads(), {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_one_thread_within_and_as_before_after() -> None:
    before = threads()
    with one_thread():
        with one_thread():
            assert threads() == (1, {1})
        assert threads() == (1, {1})
    assert threads() == before


def test_given_back_after_a_failure() -> None:
    before = threads()

    def fail() -> None:
        with one_thread():
            raise ValueError("within")

    with pytest.raises(ValueError, match="within"):
        fail()
    assert threads() == before
