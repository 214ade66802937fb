"""Slopes, losses and forecasts as they are described: they are computed, so they are read only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from patients.trajectories import Trajectory

YEARS = "years (of 365.25 days) after the first usable visit"


def _text(said: str) -> Any:
    return serializers.CharField(help_text=said)


def _day(said: str) -> Any:
    return serializers.DateField(help_text=said, allow_null=True)


def _number(said: str) -> Any:
    return serializers.FloatField(help_text=said, allow_null=True)


def _count(said: str) -> Any:
    return serializers.IntegerField(help_text=said)


def _texts(said: str) -> Any:
    return serializers.ListField(child=serializers.CharField(), help_text=said)


class SlopeShape(serializers.Serializer[Any]):
    """A line; numbers are null where `missing` says why."""

    method = _text("How it was fitted.")
    n = _count("Usable visits.")
    first = _day("First of them.")
    last = _day("Last of them.")
    equation_set = _text("Of % predicted; empty for other quantities.")
    per_year = _number("Slope, in the unit of the quantity a year.")
    low = _number("Lower limit of its 95 % confidence interval.")
    high = _number("Upper limit of its 95 % confidence interval.")
    at_start = _number("The line on the first day, in the unit.")
    percent_of_start_per_year = _number("Slope in % of at_start a year.")
    residual_sd = _number("Scatter of one visit about the line, in the unit.")
    missing = _text("Why there is no line.")
    notes = _texts("What to read it with.")


class SeenShape(serializers.Serializer[Any]):
    """The first visit with the loss, or the last visit where none had it."""

    reached = serializers.BooleanField(help_text="A visit had it.")
    date = _day("Of that visit.")
    years = _number(f"Of that visit, {YEARS}.")
    interval_start = _day("The visit before, still above: it was lost in between.")
    confirmed = serializers.BooleanField(allow_null=True, help_text="The next visit had it too; null without one.")
    missing = _text("Why nothing can be said.")


class CrossedShape(serializers.Serializer[Any]):
    """When the own line crosses the loss, with Fieller's 95 % interval."""

    years = _number(f"In {YEARS}; null where the line does not fall.")
    low = _number(f"Lower limit, {YEARS}.")
    high = _number(f"Upper limit, {YEARS}; null where the data allow that it never happens.")
    beyond = serializers.BooleanField(help_text="After the last visit: an extrapolation.")
    missing = _text("Why there is none.")


class LossShape(serializers.Serializer[Any]):
    percent = serializers.FloatField(help_text="Of the first usable value, in %.")
    seen = SeenShape()
    fitted = CrossedShape()


class IntervalShape(serializers.Serializer[Any]):
    level = serializers.FloatField(help_text="Probability, 0 to 1.")
    low = serializers.FloatField(help_text="In the unit.")
    high = serializers.FloatField(help_text="In the unit.")


class ForecastShape(serializers.Serializer[Any]):
    """What would be measured if the patient comes. Research use."""

    method = _text("Of the model and its intervals.")
    made_on = _day("The last usable visit.")
    for_date = _day("The day that is forecast.")
    months = serializers.FloatField(help_text="From one to the other, months.")
    expected = _number("In the unit; null where missing says why.")
    sd = _number("Of the model, in the unit; the error of a measurement included.")
    intervals = IntervalShape(many=True, help_text="80 and 95 %.")
    past_forecasts = _count("By which the intervals were corrected.")
    past_patients = _count("Whose they are.")
    missing = _text("Why there is none.")
    notes = _texts("What to read it with.")


class CohortShape(serializers.Serializer[Any]):
    """What slopes are shrunk to and forecasts rest on."""

    patients = _count("How many were fitted.")
    visits = _count("How many usable visits they had.")
    invented = serializers.BooleanField(help_text="They are demonstration patients.")
    equation_set = _text("Of % predicted; empty for other quantities.")
    fitted_at = serializers.DateTimeField(help_text="When it was fitted.")


class LeftOutShape(serializers.Serializer[Any]):
    date = _day("Of the measurement.")
    reason = _text("Why it was left out.")


class FollowedShape(serializers.Serializer[Any]):
    """One quantity over all visits."""

    quantity = _text("fvc, fvc_percent, dlco_percent or dlco_hb_percent.")
    unit = _text("mL or % predicted.")
    own = SlopeShape(help_text="The patient's own line.")
    shrunk = SlopeShape(allow_null=True, help_text="Shrunk to the cohort; null where none has been fitted.")
    cohort = CohortShape(allow_null=True)
    windows = _count("Stretches of 6 to 24 months with three usable visits or more.")
    steepest = SlopeShape(allow_null=True, help_text="The line that falls fastest over such a stretch.")
    losses = LossShape(many=True, help_text="5 and 10 %, relative.")
    forecast = ForecastShape(allow_null=True, help_text="Of FVC, 12 months after the last usable visit.")
    excluded = LeftOutShape(many=True, help_text="On record and in no line.")


class TrajectoryShape(serializers.Serializer[Any]):
    """How fast a patient loses function (docs/trajectory.md)."""

    patient = _text("Code.")
    no_forecast = _text("Why nothing is forecast; empty where something may be.")
    followed = FollowedShape(many=True)


SHOWN = ("quantity", "unit", "own", "shrunk", "windows", "steepest", "losses", "forecast", "excluded")


def body(code: str, found: Trajectory) -> Any:
    """The trajectory of the patient with this code, as it is sent."""
    followed = [
        {name: getattr(one, name) for name in SHOWN}
        | {"cohort": found.cohorts.get(one.quantity) if one.shrunk else None}
        for one in found.followed
    ]
    return TrajectoryShape({"patient": code, "no_forecast": found.no_forecast, "followed": followed}).data
