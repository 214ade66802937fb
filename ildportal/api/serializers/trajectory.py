"""Slopes, losses and forecasts as they are described: they are computed, so they are read only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ildportal.api.serializers.shapes import count, day, number, text, texts
from patients.trajectories import Trajectory

YEARS = "years (of 365.25 days) after the first usable visit"


class SlopeShape(serializers.Serializer[Any]):
    """A line; numbers are null where `missing` says why."""

    method = text("How it was fitted.")
    n = count("Usable visits.")
    first = day("First of them.")
    last = day("Last of them.")
    equation_set = text("Of % predicted; empty for other quantities.")
    per_year = number("Slope, in the unit of the quantity a year.")
    low = number("Lower limit of its 95 % confidence interval.")
    high = number("Upper limit of its 95 % confidence interval.")
    at_start = number("The line on the first day, in the unit.")
    percent_of_start_per_year = number("Slope in % of at_start a year.")
    residual_sd = number("Scatter of one visit about the line, in the unit.")
    missing = text("Why there is no line.")
    notes = texts("What to read it with.")


class SeenShape(serializers.Serializer[Any]):
    """The first visit with the loss, or the last visit where none had it."""

    reached = serializers.BooleanField(help_text="A visit had it.")
    date = day("Of that visit.")
    years = number(f"Of that visit, {YEARS}.")
    interval_start = day("The visit before, still above: it was lost in between.")
    confirmed = serializers.BooleanField(allow_null=True, help_text="The next visit had it too; null without one.")
    missing = text("Why nothing can be said.")


class CrossedShape(serializers.Serializer[Any]):
    """When the own line crosses the loss, with Fieller's 95 % interval."""

    years = number(f"In {YEARS}; null where the line does not fall.")
    low = number(f"Lower limit, {YEARS}.")
    high = number(f"Upper limit, {YEARS}; null where the data allow that it never happens.")
    beyond = serializers.BooleanField(help_text="After the last visit: an extrapolation.")
    missing = text("Why there is none.")


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

    method = text("Of the model and its intervals.")
    made_on = day("The last usable visit.")
    for_date = day("The day that is forecast.")
    months = serializers.FloatField(help_text="From one to the other, months.")
    expected = number("In the unit; null where missing says why.")
    sd = number("Of the model, in the unit; the error of a measurement included.")
    intervals = IntervalShape(many=True, help_text="80 and 95 %.")
    past_forecasts = count("By which the intervals were corrected.")
    past_patients = count("Whose they are.")
    missing = text("Why there is none.")
    notes = texts("What to read it with.")


class CohortShape(serializers.Serializer[Any]):
    """What slopes are shrunk to and forecasts rest on."""

    patients = count("How many were fitted.")
    visits = count("How many usable visits they had.")
    invented = serializers.BooleanField(help_text="They are demonstration patients.")
    equation_set = text("Of % predicted; empty for other quantities.")
    fitted_at = serializers.DateTimeField(help_text="When it was fitted.")


class LeftOutShape(serializers.Serializer[Any]):
    date = day("Of the measurement.")
    reason = text("Why it was left out.")


class FollowedShape(serializers.Serializer[Any]):
    """One quantity over all visits."""

    quantity = text("fvc, fvc_percent, dlco_percent or dlco_hb_percent.")
    unit = text("mL or % predicted.")
    own = SlopeShape(help_text="The patient's own line.")
    shrunk = SlopeShape(allow_null=True, help_text="Shrunk to the cohort; null where none has been fitted.")
    cohort = CohortShape(allow_null=True)
    windows = count("Stretches of 6 to 24 months with three usable visits or more.")
    steepest = SlopeShape(allow_null=True, help_text="The line that falls fastest over such a stretch.")
    losses = LossShape(many=True, help_text="5 and 10 %, relative.")
    forecast = ForecastShape(allow_null=True, help_text="Of FVC, 12 months after the last usable visit.")
    excluded = LeftOutShape(many=True, help_text="On record and in no line.")


class TrajectoryShape(serializers.Serializer[Any]):
    """How fast a patient loses function (docs/trajectory.md)."""

    patient = text("Code.")
    no_forecast = text("Why nothing is forecast; empty where something may be.")
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
