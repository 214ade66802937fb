"""Verdicts and scores as they are described: they are computed, so they are read only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ildportal.api.serializers.shapes import count, day, number, text

STATE = "met, not met or indeterminate; of EUSTAR a category or indeterminate"


class RuleSettings(serializers.Serializer[Any]):
    """With which a verdict was made (docs/rules.md)."""

    window_months = count("Calendar months, both ends included; null is no limit.", null=True)
    tolerance_days = serializers.IntegerField(help_text="Days by which the window may be longer.")
    shortest_months = serializers.IntegerField(help_text="Calendar months between two visits compared, at least.")
    shortest_days = serializers.IntegerField(help_text="Days between two visits compared, at least.")
    grades = serializers.ListField(child=serializers.CharField(), help_text="Qualities that count; empty is ungraded.")
    fvc_basis = text("% predicted or L.")
    uncorrected_dlco = serializers.BooleanField(help_text="DLCO without haemoglobin correction may decide.")
    symptoms_days = serializers.IntegerField(help_text="Days for which symptoms speak for a later visit.")
    ct_days = serializers.IntegerField(help_text="Days for which a CT without change speaks for a later visit.")
    ct_threshold = text("Published threshold asked for besides the repeatability limit; empty for none.")


class EvidenceShape(serializers.Serializer[Any]):
    """One criterion with what it was read from."""

    code = text("Name of the criterion, for programs.")
    criterion = text("In words, with its threshold.")
    result = serializers.BooleanField(allow_null=True, help_text="Null: not known.")
    words = text("What was found.")
    basis = text("What was compared, or whose word it is.")
    since = day("Of the earlier value.")
    until = day("Of the later value.")
    before = number("Earlier value, in unit; unrounded.")
    after = number("Later value, in unit; unrounded.")
    unit = text("Of before, after and absolute; percentages change in points.")
    absolute = number("Later minus earlier, in unit.")
    relative = number("Change in % of the earlier value.")
    note = text("What to read it with.")
    needs = text("What would settle it while it is not known.")


class MissingShape(serializers.Serializer[Any]):
    """Something not known that could change the answer."""

    code = text("The criterion.")
    needs = text("What would settle it.")
    since = day("Start of the window.")
    until = day("End of the window.")


class ExcludedShape(serializers.Serializer[Any]):
    """A value on record that the rule did not use."""

    date = day("Of the visit.")
    measure = text("FVC or DLCO.")
    code = text("Why, for programs.")
    reason = text("Why.")


class VerdictShape(serializers.Serializer[Any]):
    """One rule over the whole history."""

    rule = text("Name of the rule.")
    version = text("Of the rules as a whole.")
    title = text("In full.")
    settings = RuleSettings()
    state = text(f"Ever: {STATE}.")
    latest = text(f"By comparisons that end at the latest visit: {STATE}.")
    confirmed = text("Whether a later visit still showed it; empty where a category is no decline.")
    first_met = day("When all that first met it was on record.")
    latest_on = day("The latest visit.")
    confirmed_on = day("The visit that confirmed it.")
    sentence = text("All of it in one sentence.")
    evidence = EvidenceShape(many=True, help_text="Of the comparison that decided.")
    latest_evidence = EvidenceShape(many=True, help_text="Of the comparison at the latest visit.")
    missing = MissingShape(many=True, help_text="What could change an indeterminate answer.")
    excluded = ExcludedShape(many=True, help_text="What was on record and not used.")
    comparisons = serializers.IntegerField(help_text="How many pairs of visits were compared.")
    course = text("EUSTAR: category from the first to the last visit; empty for other rules.")
    caution = text("What the rule does not say.")
    source = serializers.CharField(help_text="Publication.")  # type: ignore[assignment]


class ScoreItem(serializers.Serializer[Any]):
    """One thing that a score counts."""

    name = text("What is counted.")
    value = text("As found, with its unit.")
    points = count("Null while it is missing.", null=True)
    possible = serializers.ListField(child=serializers.IntegerField(), help_text="Points that it could give.")
    needs = text("What would settle it.")


class ScoreShape(serializers.Serializer[Any]):
    """One staging or prognostic score at the latest usable lung function."""

    name = text("Name of the score.")
    title = text("In full.")
    stage = text("Stage, group or band; empty while anything is missing.")
    points = count("Sum; null while an item is missing, and of scores without points.", null=True)
    lowest = count("Lowest possible sum.", null=True)
    highest = count("Highest possible sum.", null=True)
    value = number("Of a score that is an index, without unit; unrounded.")
    settled = text("The stage where all possible sums lie in one.")
    items = ScoreItem(many=True)
    risk = serializers.DictField(child=serializers.CharField(), help_text="As published, by what it is.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="What it lacks.")
    sentence = text("All of it in one sentence.")
    caution = text("What to read it with.")
    source = serializers.CharField(help_text="Publication.")  # type: ignore[assignment]
    version = text("Of the scores as a whole.")


class StandingShape(serializers.Serializer[Any]):
    """Where a patient stands by every progression rule and every score (docs/rules.md)."""

    patient = text("Code.")
    as_of = day("Last day on which something was recorded that a rule reads.")
    scored_on = day("Day of the lung function that the scores are of.")
    extent_on = day("Day of the CT whose Goh extent was used.")
    extent_source = serializers.CharField(allow_null=True, help_text="Of that extent: network, measured or reader.")
    extent_made_by = serializers.CharField(
        allow_null=True, help_text="Name and version of the engine or the model that made it."
    )
    simulated_cts_left_out = serializers.IntegerField(help_text="CTs whose numbers are invented: they never count.")
    rule_set = text("Version of the rules.")
    verdicts = VerdictShape(many=True)
    score_set = text("Version of the scores.")
    scores = ScoreShape(many=True)
