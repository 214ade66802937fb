"""docs/rules.md holds every rule, score, setting and reason, and its examples are true."""

from __future__ import annotations

import dataclasses
import doctest
import re

import pytest

from patients.prognosis.score import Score
from patients.prognosis.scores import NAMES, Facts, scores
from patients.progression import rules
from patients.progression.history import History
from patients.progression.settings import Settings
from patients.progression.thresholds import PUBLISHED
from patients.progression.verdict import Verdict
from patients.progression.visits import REASONS
from tests.workers import REPOSITORY

PAGE = REPOSITORY / "docs" / "rules.md"
TEXT = PAGE.read_text()
HEADINGS = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)
NAMED = set(re.findall(r"`([\w%-]+)`", TEXT))


def section(name: str) -> str:
    return " ".join(TEXT.split(f"### {name}\n")[1].split("\n#")[0].split())


@pytest.mark.parametrize("name", [*rules.RULES, *NAMES])
def test_every_rule_has_its_place_with_source_and_example(name: str) -> None:
    assert name in HEADINGS
    assert "Source: " in section(name)
    assert ">>> " in section(name)


@pytest.mark.parametrize("verdict", rules.verdicts(History()), ids=list(rules.RULES))
def test_a_rule_quotes_the_source_of_its_verdict(verdict: Verdict) -> None:
    assert verdict.source in section(verdict.rule)


@pytest.mark.parametrize("score", scores(Facts()), ids=list(NAMES))
def test_a_score_quotes_the_source_of_its_result(score: Score) -> None:
    assert score.source
    assert score.source in section(score.name)


def test_every_setting_threshold_and_reason_is_named() -> None:
    settings = {field.name for field in dataclasses.fields(Settings)}
    for names in (settings, set(PUBLISHED), set(REASONS)):
        assert len(names) >= 4
        assert names - NAMED == set()


def test_the_examples_are_true() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert (failed, tried > 35) == (0, True)
