"""Verdicts and scores as they are described: they are computed, so they are read only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

STATE = "met, not met or indeterminate; of EUSTAR a category or indeterminate"


def _text(said: str) -> Any:
    return serializers.CharField(help_text=said)


def _day(said: str) -> Any:
    return serializers.DateField(help_text=said, allow_null=True)


def _number(said: str) -> Any:
    return serializers.FloatField(help_text=said, allow_null=True)


def _count(said: str) -> Any:
    return serializers.IntegerField(help_text=said, allow_null=True)


class RuleSettings(serializers.Serializer[Any]):
    """With which a verdict was made (docs/rules.md)."""

    window_months = _count("Calendar months, both ends included; null is no limit.")
    tolerance_days = serializers.IntegerField(help_text="Days by which the window may be longer.")
    shortest_months = serializers.IntegerField(help_text="Calendar months between two visits compared, at least.")
    shortest_days = serializers.IntegerField(help_text="Days between two visits compared, at least.")
    grades = serializers.ListField(child=serializers.CharField(), help_text="Qualities that count; empty is ungraded.")
    fvc_basis = _text("% predicted or L.")
    uncorrected_dlco = serializers.BooleanField(help_text="DLCO without haemoglobin correction may decide.")
    symptoms_days = serializers.IntegerField(help_text="Days for which symptoms speak for a later visit.")
    ct_days = serializers.IntegerField(help_text="Days for which a CT without change speaks for a later visit.")
    ct_threshold = _text("Published threshold asked for besides the repeatability limit; empty for none.")


class EvidenceShape(serializers.Serializer[Any]):
    """One criterion with what it was read from."""

    code = _text("Name of the criterion, for programs.")
    criterion = _text("In words, with its threshold.")
    result = serializers.BooleanField(allow_null=True, help_text="Null: not known.")
    words = _text("What was found.")
    basis = _text("What was compared, or whose word it is.")
    since = _day("Of the earlier value.")
    until = _day("Of the later value.")
    before = _number("Earlier value, in unit; unrounded.")
    after = _number("Later value, in unit; unrounded.")
    unit = _text("Of before, after and absolute; percentages change in points.")
    absolute = _number("Later minus earlier, in unit.")
    relative = _number("Change in % of the earlier value.")
    note = _text("What to read it with.")
    needs = _text("What would settle it while it is not known.")


class MissingShape(serializers.Serializer[Any]):
    """Something not known that could change the answer."""

    code = _text("The criterion.")
    needs = _text("What would settle it.")
    since = _day("Start of the window.")
    until = _day("End of the window.")


class ExcludedShape(serializers.Serializer[Any]):
    """A value on record that the rule did not use."""

    date = _day("Of the visit.")
    measure = _text("FVC or DLCO.")
    code = _text("Why, for programs.")
    reason = _text("Why.")


class VerdictShape(serializers.Serializer[Any]):
    """One rule over the whole history."""

    rule = _text("Name of the rule.")
    version = _text("Of the rules as a whole.")
    title = _text("In full.")
    settings = RuleSettings()
    state = _text(f"Ever: {STATE}.")
    latest = _text(f"By comparisons that end at the latest visit: {STATE}.")
    confirmed = _text("Whether a later visit still showed it; empty where a category is no decline.")
    first_met = _day("When all that first met it was on record.")
    latest_on = _day("The latest visit.")
    confirmed_on = _day("The visit that confirmed it.")
    sentence = _text("All of it in one sentence.")
    evidence = EvidenceShape(many=True, help_text="Of the comparison that decided.")
    latest_evidence = EvidenceShape(many=True, help_text="Of the comparison at the latest visit.")
    missing = MissingShape(many=True, help_text="What could change an indeterminate answer.")
    excluded = ExcludedShape(many=True, help_text="What was on record and not used.")
    comparisons = serializers.IntegerField(help_text="How many pairs of visits were compared.")
    course = _text("EUSTAR: category from the first to the last visit; empty for other rules.")
    caution = _text("What the rule does not say.")
    source = serializers.CharField(help_text="Publication.")  # type: ignore[assignment]


class ScoreItem(serializers.Serializer[Any]):
    """One thing that a score counts."""

    name = _text("What is counted.")
    value = _text("As found, with its unit.")
    points = _count("Null while it is missing.")
    possible = serializers.ListField(child=serializers.IntegerField(), help_text="Points that it could give.")
    needs = _text("What would settle it.")


class ScoreShape(serializers.Serializer[Any]):
    """One staging or prognostic score at the latest usable lung function."""

    name = _text("Name of the score.")
    title = _text("In full.")
    stage = _text("Stage, group or band; empty while anything is missing.")
    points = _count("Sum; null while an item is missing, and of scores without points.")
    lowest = _count("Lowest possible sum.")
    highest = _count("Highest possible sum.")
    value = _number("Of a score that is an index, without unit; unrounded.")
    settled = _text("The stage where all possible sums lie in one.")
    items = ScoreItem(many=True)
    risk = serializers.DictField(child=serializers.CharField(), help_text="As published, by what it is.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="What it lacks.")
    sentence = _text("All of it in one sentence.")
    caution = _text("What to read it with.")
    source = serializers.CharField(help_text="Publication.")  # type: ignore[assignment]
    version = _text("Of the scores as a whole.")


class StandingShape(serializers.Serializer[Any]):
    """Where a patient stands by every progression rule and every score (docs/rules.md)."""

    patient = _text("Code.")
    as_of = _day("Last day on which something was recorded that a rule reads.")
    scored_on = _day("Day of the lung function that the scores are of.")
    extent_on = _day("Day of the CT whose Goh extent was used.")
    simulated_cts_left_out = serializers.IntegerField(help_text="CTs whose numbers are invented: they never count.")
    rule_set = _text("Version of the rules.")
    verdicts = VerdictShape(many=True)
    score_set = _text("Version of the scores.")
    scores = ScoreShape(many=True)
