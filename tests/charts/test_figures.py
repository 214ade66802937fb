"""What the charts draw, and what they never join."""

from __future__ import annotations

import pytest

from ildportal.charts import function, goh, patterns, severity
from ildportal.charts.ink import Figure
from tests.charts.conftest import frame, row, traces, valid

LESION = "Lesion % (TLV%)"
OTHER = {"method": "b", "label": "engine B"}
SIMULATED = {"method": "s", "label": "simulated", "simulated": True}


def dividers(figure: Figure) -> list[str]:
    return [shape["x0"] for shape in figure["layout"]["shapes"] if shape["line"].get("dash") == "var(--dash-engine)"]


def names(figure: Figure) -> list[str]:
    return [note["text"].strip() for note in figure["layout"]["annotations"]]


def test_one_engine_is_one_line(tokens: dict[str, str]) -> None:
    drawn = patterns.percent(frame(row("2021-01-01", LESION, 10.5), row("2020-01-01", LESION, 9.0)))
    (trace,) = traces(valid(drawn, tokens), LESION)
    assert (trace["x"], trace["y"]) == (["2020-01-01", "2021-01-01"], [9.0, 10.5]), "in the order of time"
    assert trace["marker"]["symbol"] == ["diamond", "diamond"]
    assert trace["mode"] == "lines+markers"
    assert dividers(drawn) == []


def test_two_engines_are_never_joined_and_a_divider_names_both(tokens: dict[str, str]) -> None:
    rows = [row("2020-01-01", "GGO", 9.0), row("2021-01-01", "GGO", 9.5), row("2022-01-01", "GGO", 12.0, **OTHER)]
    drawn = valid(patterns.percent(frame(*rows)), tokens)
    assert [trace["x"] for trace in traces(drawn, "GGO")] == [["2020-01-01", "2021-01-01"], ["2022-01-01"]]
    assert dividers(drawn) == ["2021-07-02"], "midway"
    assert names(drawn) == ["engine A | engine B"]


def test_an_engine_that_comes_back_is_divided_twice(tokens: dict[str, str]) -> None:
    rows = [row("2020-01-01", "GGO", 9.0), row("2021-01-01", "GGO", 9.5, **OTHER), row("2022-01-01", "GGO", 9.9)]
    drawn = valid(patterns.percent(frame(*rows)), tokens)
    assert len(dividers(drawn)) == 2
    assert names(drawn) == ["engine A | engine B", "engine B | engine A"]


def test_other_settings_of_the_same_engine_are_named_so(tokens: dict[str, str]) -> None:
    rows = [row("2020-01-01", "GGO", 9.0), row("2021-01-01", "GGO", 9.5, method="a2")]
    drawn = valid(patterns.percent(frame(*rows)), tokens)
    assert names(drawn) == ["engine A, other settings"]
    assert len(traces(drawn, "GGO")) == 2


def test_simulated_values_are_open_light_and_apart(tokens: dict[str, str]) -> None:
    rows = [row("2020-01-01", "GGO", 9.0, **SIMULATED), row("2021-01-01", "GGO", 9.5)]
    simulated, measured = traces(valid(patterns.percent(frame(*rows)), tokens), "GGO")
    assert simulated["marker"]["symbol"] == ["triangle-up-open"]
    assert simulated["opacity"] < 1
    assert measured["marker"]["symbol"] == ["triangle-up"]
    assert measured["opacity"] == 1


def test_a_doubtful_value_is_hollow_and_says_why(tokens: dict[str, str]) -> None:
    rows = [row("2020-01-01", "GGO", 9.0, flagged=True, note="thick"), row("2021-01-01", "GGO", 9.5)]
    (trace,) = traces(valid(patterns.percent(frame(*rows)), tokens), "GGO")
    assert trace["marker"]["symbol"] == ["triangle-up-open", "triangle-up"]
    assert trace["customdata"] == ["thick", ""]


@pytest.mark.parametrize("high", [0.0, 0.4, 9.9, 25.0, 61.0, 100.0])
def test_every_pattern_lies_inside_the_axis_which_starts_at_zero(high: float, tokens: dict[str, str]) -> None:
    low, top = valid(patterns.percent(frame(row("2020-01-01", "GGO", high))), tokens)["layout"]["yaxis"]["range"]
    assert low == 0
    assert high < top <= 1.5 * high + 5


def sessions(*, z: bool = False) -> Figure:
    lln = -1.645 if z else 79.0
    rows = [
        row(day, name, value, lln=lln, label="GLI")
        for day, fvc, dlco in (("2020-01-01", 86.0, 68.0), ("2021-01-01", 80.0, 60.0))
        for name, value in (("FVC", -1.2 if z else fvc), ("DLCO", -2.2 if z else dlco))
    ]
    return function.z_score(frame(*rows)) if z else function.percent(frame(*rows))


def test_lung_function_with_its_limits(tokens: dict[str, str]) -> None:
    drawn = valid(sessions(), tokens)
    assert traces(drawn, "FVC")[0]["marker"]["symbol"] == ["circle", "circle"]
    assert traces(drawn, "DLCO")[0]["marker"]["symbol"] == ["square", "square"]
    for name in ("FVC LLN", "DLCO LLN"):
        assert traces(drawn, name)[0]["line"]["dash"] == "var(--dash-limit)"
    assert names(drawn) == ["DLCO LLN", "FVC LLN"]
    low, high = drawn["layout"]["yaxis"]["range"]
    assert low < 60 < 86 < high
    assert "autorange" not in drawn["layout"]["yaxis"], "never inverted"


def test_z_scores_share_one_limit(tokens: dict[str, str]) -> None:
    drawn = valid(sessions(z=True), tokens)
    assert [shape["y0"] for shape in drawn["layout"]["shapes"]] == [-1.645]
    assert names(drawn) == ["LLN, z \u22121.645"]
    assert traces(drawn, "FVC LLN") == []


def test_another_equation_set_breaks_the_line_and_its_limit(tokens: dict[str, str]) -> None:
    rows = [row("2020-01-01", "FVC", 86.0, lln=79.0), row("2021-01-01", "FVC", 80.0, lln=74.0, **OTHER)]
    drawn = valid(function.percent(frame(*rows)), tokens)
    assert [trace["x"] for trace in traces(drawn, "FVC")] == [["2020-01-01"], ["2021-01-01"]]
    assert len(traces(drawn, "FVC LLN")) == 2
    assert names(drawn) == ["FVC LLN", "engine A | engine B"]


def test_severity_holds_until_the_next_ct(tokens: dict[str, str]) -> None:
    drawn = valid(severity.steps(frame(row("2020-01-01", "Severity", 11), row("2021-01-01", "Severity", 25))), tokens)
    (trace,) = traces(drawn, "Severity")
    assert trace["line"]["shape"] == "hv"
    assert trace["text"] == ["11", "25"]
    assert drawn["layout"]["yaxis"]["range"][1] > 25


def test_the_goh_stack_is_as_high_as_the_mean_of_its_levels(tokens: dict[str, str]) -> None:
    levels = [
        row("2020-01-01", str(level), value) | {"gg": f"{value:.0f} %", "ret": "not scored"}
        for level, value in enumerate((5.0, 10.0, 15.0, 20.0, 50.0), 1)
    ]
    drawn = valid(goh.stack(frame(*levels)), tokens)
    assert [trace["name"] for trace in drawn["data"]] == [f"Level {level}" for level in (5, 4, 3, 2, 1)], "base first"
    assert sum(trace["y"][0] for trace in drawn["data"]) == pytest.approx(20.0)
    assert [trace["customdata"][0][0] for trace in drawn["data"]] == [50.0, 20.0, 15.0, 10.0, 5.0]
    assert drawn["data"][0]["customdata"] == [[50.0, "50 %", "not scored"]]
    assert "<b>20.0</b>" in names(drawn)
    assert drawn["layout"]["barmode"] == "stack"
