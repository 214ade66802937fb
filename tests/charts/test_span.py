"""How far the axis of time reaches."""

from __future__ import annotations

from datetime import date, timedelta

from ildportal.pages.timeline import span

TODAY = date(2024, 6, 1)
CTS = [date(2020, 1, 1), date(2024, 1, 1)]


def test_nothing_dated_has_no_axis() -> None:
    assert span.of([], [], TODAY, None) is None


def test_from_the_first_measurement_to_today() -> None:
    assert span.of(CTS, [], TODAY, None) == span.Span(CTS[0], TODAY)


def test_it_ends_with_a_life_and_with_a_record_long_silent() -> None:
    died = date(2024, 2, 2)
    assert span.of(CTS, [], TODAY, died) == span.Span(CTS[0], died)
    assert span.of(CTS, [], date(2026, 6, 1), None) == span.Span(*CTS)


def test_a_treatment_of_long_ago_does_not_squeeze_the_measurements() -> None:
    long_ago, before = date(1999, 1, 1), date(2019, 6, 1)
    assert span.of(CTS, [long_ago, before], TODAY, None) == span.Span(before, TODAY)
    assert span.of([], [long_ago], TODAY, None) == span.Span(long_ago, long_ago)


def test_every_range_ends_alike_and_has_room_at_both_sides() -> None:
    ranges = span.Span(CTS[0], TODAY).ranges()
    assert list(ranges) == ["all", "5", "2"]
    for first, last in ranges.values():
        assert date.fromisoformat(last) > TODAY
        assert date.fromisoformat(first) < TODAY - timedelta(days=700)
    assert date.fromisoformat(ranges["all"][0]) < CTS[0]


def test_a_single_day_still_has_a_width() -> None:
    first, last = span.Span(TODAY, TODAY).ranges()["all"]
    assert date.fromisoformat(last) - date.fromisoformat(first) >= timedelta(days=180)


def test_a_forecast_has_its_place_on_the_axis_and_does_not_lengthen_what_goes_on() -> None:
    ahead = date(TODAY.year + 1, 1, 1)
    found = span.of(CTS, [], TODAY, None, ahead)
    assert found
    assert found.ends == TODAY
    assert all(last > ahead.isoformat() for _, last in found.ranges().values())
