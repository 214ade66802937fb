"""The table of verdicts as files: a line a patient, or a line a patient and rule with all that the answer rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from ildportal.export.cells import Cell
from ildportal.models import StoredStanding
from ildportal.standings.answers import BY_SLUG, answer
from ildportal.standings.filters import Standings

AT_ONCE = 100
OF_PATIENT = (
    "patient", "site", "diagnosis", "pft_sessions", "cts", "simulated_cts_left_out", "goh_stage", "goh_ct_on",
    "goh_source", "goh_made_by", "gap_stage", "gap_points", "facts_as_of",
)  # fmt: skip
OF_RULE = (
    "rule", "ever", "at_latest_visit", "confirmed", "state", "state_at_latest_visit", "first_met", "latest_visit",
    "confirmed_on", "whole_course", "sentence", "what_is_missing", "basis", "not_used", "comparisons",
)  # fmt: skip
SETTINGS = (
    "window_months", "tolerance_days", "shortest_months", "shortest_days", "grades", "fvc_basis", "uncorrected_dlco",
    "symptoms_days", "ct_days", "ct_threshold",
)  # fmt: skip
OF_FILE = ("caution", "source", "rule_set", "score_set", "worked_out", "made", "filters")
HEAD = (*OF_PATIENT, *OF_RULE, *SETTINGS, *OF_FILE)
# Of each rule in the file of a line a patient, after its short name.
ANSWERS = ("", "_first_met", "_said", "_at_latest_visit", "_latest_visit", "_confirmed", "_confirmed_on")
OF_ALL = ("rule_set", "score_set", "worked_out", "made", "filters")
WIDE_HEAD = (
    *OF_PATIENT,
    *(f"{slug.replace('-', '_')}{what}" for slug in BY_SLUG for what in ANSWERS),
    *OF_ALL,
)


def rows(found: Standings, made: dt.datetime, filters: str) -> Iterator[list[Cell]]:
    """Of every patient in `found`, in its order. `filters`: what it was narrowed by, as it stood in the address."""
    for one in found.iterator(chunk_size=AT_ONCE):
        for verdict in one.document["verdicts"]:
            told = [one.document["rule_set"], one.document["score_set"], _moment(one.computed_at), _moment(made)]
            about = [verdict["caution"], verdict["source"], *told, filters]
            yield [*_patient(one), *_rule(verdict), *_settings(verdict["settings"]), *about]


def wide_rows(found: Standings, made: dt.datetime, filters: str) -> Iterator[list[Cell]]:
    """A line a patient, a group of columns a rule: met, not met or indeterminate, with the first date."""
    for one in found.iterator(chunk_size=AT_ONCE):
        by_rule = {verdict["rule"]: verdict for verdict in one.document["verdicts"]}
        answers = [cell for name in BY_SLUG.values() for cell in _answers(by_rule[name])]
        told = [one.document["rule_set"], one.document["score_set"], _moment(one.computed_at), _moment(made)]
        yield [*_patient(one), *answers, *told, filters]


def _answers(verdict: Mapping[str, Any]) -> list[Cell]:
    """In the order of ANSWERS; "said" is EUSTAR's category where others repeat the answer."""
    ever, latest, confirmed = (str(answer(verdict[name])) for name in ("state", "latest", "confirmed"))
    first, last, again = (verdict[name] for name in ("first_met", "latest_on", "confirmed_on"))
    return [ever, first, verdict["state"], latest, last, confirmed, again]


def _patient(one: StoredStanding) -> list[Cell]:
    told = one.document
    return [
        one.patient.code, one.patient.site.code, one.diagnosis, one.pfts, one.cts, one.simulated, one.goh,
        told["extent_on"], told["extent_source"], told["extent_made_by"], one.gap, one.gap_points, told["as_of"],
    ]  # fmt: skip


def _rule(verdict: Mapping[str, Any]) -> list[Cell]:
    bases = dict.fromkeys(one["basis"] for one in (*verdict["evidence"], *verdict["latest_evidence"]) if one["basis"])
    return [
        verdict["rule"], *(str(answer(verdict[name])) for name in ("state", "latest", "confirmed")), verdict["state"],
        verdict["latest"], verdict["first_met"], verdict["latest_on"], verdict["confirmed_on"], verdict["course"],
        verdict["sentence"], "; ".join(dict.fromkeys(one["needs"] for one in verdict["missing"])), "; ".join(bases),
        "; ".join(dict.fromkeys(one["reason"] for one in verdict["excluded"])), verdict["comparisons"],
    ]  # fmt: skip


def _settings(settings: Mapping[str, Any]) -> list[Cell]:
    plain = {**settings, "grades": " ".join(one or "ungraded" for one in settings["grades"])}
    return [str(plain[name]).lower() if isinstance(plain[name], bool) else plain[name] for name in SETTINGS]


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")
