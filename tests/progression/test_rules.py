"""The rules as a clinician would meet them: whole histories and the verdicts on them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from patients.progression import erice, inbuild, omeract, ppf2022, rules
from patients.progression.history import CTReading, History, Symptoms
from patients.progression.settings import FvcBasis
from patients.progression.verdict import RULE_SET
from tests.progression.histories import START, fvcs, measure, month, pft, reading, symptoms

UNCHANGED = (symptoms(month(12), worse=False),)
NO_MORE = (reading(month(12), START, more=False),)


def test_a_large_fall_needs_nothing_else() -> None:
    verdict = inbuild.evaluate(History(fvcs(m0=80, m12=72)))
    assert (verdict.state, verdict.latest, verdict.confirmed) == ("met", "met", "indeterminate")
    assert verdict.first_met == verdict.latest_on == month(12)
    assert verdict.sentence == (
        "INBUILD criterion met on 2021-03-02: FVC fell by 10.0 % (relative), from 80.0 to 72.0 % predicted "
        "(2020-03-02 to 2021-03-02, 12.0 months); not confirmed by a later visit, still met at the latest visit."
    )
    large = verdict.evidence[0]
    assert (large.code, large.result, large.before, large.after) == ("fvc_large", True, 80, 72)
    assert (large.absolute, large.relative) == (-8, -10)
    assert large.basis == "FVC % predicted (GLI-Global-2022)"


def test_a_number_never_rounds_over_its_threshold() -> None:
    verdict = omeract.evaluate(History(fvcs(m0=80, m12=72.02)))
    assert "FVC fell by 9.98 % (relative)" in verdict.evidence[0].words
    assert verdict.evidence[0].result is False


@pytest.mark.parametrize(
    ("last", "tolerance", "state"),
    [(month(24), 0, "met"), (month(24) + dt.timedelta(1), 0, "indeterminate"), (month(24) + dt.timedelta(9), 9, "met")],
)
def test_the_window_ends_after_24_calendar_months(last: dt.date, tolerance: int, state: str) -> None:
    chosen = replace(inbuild.RULE.settings, tolerance_days=tolerance)
    verdict = inbuild.evaluate(History((pft(START, fvc=80), pft(last, fvc=60))), chosen)
    assert verdict.state == state
    assert verdict.to_dict()["settings"]["tolerance_days"] == tolerance


def test_every_pair_counts_not_just_neighbours_or_the_first_visit() -> None:
    history = History(fvcs(m0=70, m6=80, m12=77, m18=74, m24=71.9), UNCHANGED, NO_MORE)
    verdict = inbuild.evaluate(history)
    assert (verdict.state, verdict.first_met) == ("met", month(24))
    assert (verdict.evidence[0].since, verdict.evidence[0].until) == (month(6), month(24))
    assert verdict.comparisons == 10


def test_ever_met_and_met_at_the_latest_visit_are_told_apart() -> None:
    history = History(fvcs(m0=80, m6=70, m12=81), (symptoms(month(12), worse=False),))
    verdict = inbuild.evaluate(history)
    assert (verdict.state, verdict.latest, verdict.confirmed) == ("met", "not met", "not met")
    assert verdict.first_met == month(6)
    assert verdict.sentence.endswith("; not confirmed by a later visit, no longer met at the latest visit.")


def test_a_later_visit_confirms_against_the_same_comparator_even_outside_the_window() -> None:
    verdict = omeract.evaluate(History(fvcs(m0=80, m24=71, m30=71)))
    assert (verdict.state, verdict.confirmed, verdict.confirmed_on) == ("met", "met", month(30))
    assert verdict.latest == "not met"


def test_only_the_next_visit_confirms_a_fall_from_which_the_lung_recovered() -> None:
    course = fvcs(m0=80, m6=70, m12=80, m30=70)
    verdict = omeract.evaluate(History(course))
    assert (verdict.first_met, verdict.confirmed, verdict.confirmed_on) == (month(6), "indeterminate", None)
    again = omeract.evaluate(History((*course, *fvcs(m36=70))))
    assert (again.first_met, again.confirmed, again.confirmed_on) == (month(6), "met", month(36))
    assert again.sentence.endswith(
        f"; met again on {month(30)} and confirmed on {month(36)}, still met at the latest visit."
    )


def test_a_visit_too_soon_after_does_not_confirm() -> None:
    soon = pft(month(12) + dt.timedelta(30), fvc=70)
    verdict = inbuild.evaluate(History((*fvcs(m0=80, m12=70), soon)))
    assert (verdict.confirmed, verdict.confirmed_on) == ("indeterminate", None)


def test_a_moderate_fall_without_further_evidence_is_open_and_says_what_would_settle_it() -> None:
    verdict = inbuild.evaluate(History(fvcs(m0=80, m12=75)))
    assert (verdict.state, verdict.latest, verdict.first_met) == ("indeterminate", "indeterminate", None)
    assert [one.code for one in verdict.missing] == ["symptoms", "fibrosis"]
    assert verdict.sentence == (
        "INBUILD cannot be decided: FVC fell by 6.2 % (relative), from 80.0 to 75.0 % predicted (2020-03-02 to "
        "2021-03-02, 12.0 months); it lacks an assessment of dyspnoea and cough between 2020-12-02 and 2021-03-02 "
        "and a reader's assessment of a CT between 2020-09-03 and 2021-03-02."
    )


def test_one_of_two_missing_signs_may_be_enough() -> None:
    moderate = History(fvcs(m0=80, m12=75), symptoms=(symptoms(month(12), worse=True),))
    assert inbuild.evaluate(moderate).state == "met"
    stable = History(fvcs(m0=80, m12=79), symptoms=UNCHANGED)
    assert inbuild.evaluate(stable).state == "not met"
    small = History(fvcs(m0=80, m12=79), symptoms=(symptoms(month(12), worse=True),))
    assert [one.code for one in inbuild.evaluate(small).missing] == ["fibrosis"]


def test_worse_symptoms_with_more_fibrosis_need_no_lung_function() -> None:
    history = History((), (symptoms(month(6), worse=True),), (reading(month(8), START, more=True),))
    verdict = inbuild.evaluate(history)
    assert (verdict.state, verdict.first_met) == ("met", month(8))
    assert ppf2022.evaluate(replace(history, diagnosis="fHP")).state == "met"


def test_evidence_that_does_not_fit_into_one_window_is_not_combined() -> None:
    visits = fvcs(m0=80, m6=75.5, m40=75.5)
    late = (symptoms(month(40), worse=True),)
    assert inbuild.evaluate(History(visits, late)).state == "indeterminate"
    known = (symptoms(month(6), worse=False), *late)
    read = tuple(reading(day, START if day == month(6) else None, more=False) for day in (month(6), month(40)))
    assert inbuild.evaluate(History(visits, known, read)).state == "not met"


def test_symptoms_that_got_better_again_no_longer_count_at_the_latest_visit() -> None:
    told = (symptoms(month(6), worse=True), Symptoms(month(12), dyspnoea="better", cough="same"))
    verdict = inbuild.evaluate(History(fvcs(m0=80, m6=75.5, m12=75), told, NO_MORE))
    assert (verdict.state, verdict.latest) == ("met", "not met")


def test_a_higher_mmrc_stands_in_for_dyspnoea_that_was_not_asked() -> None:
    told = (Symptoms(START, mmrc=1, cough="same"), Symptoms(month(12), mmrc=2, cough="same"))
    verdict = inbuild.evaluate(History(fvcs(m0=80, m12=75), told))
    assert verdict.state == "met"
    assert "symptoms were worse on 2021-03-02 (mMRC up to 2)" in verdict.sentence
    asked = (told[0], replace(told[1], dyspnoea="same"))
    assert inbuild.evaluate(History(fvcs(m0=80, m12=75), asked, NO_MORE)).state == "not met"


def test_cough_that_was_not_asked_could_have_changed_it() -> None:
    told = (Symptoms(month(12), dyspnoea="same"),)
    assert inbuild.evaluate(History(fvcs(m0=80, m12=75), told, NO_MORE)).state == "indeterminate"


def test_litres_and_percent_predicted_can_disagree_and_the_verdict_says_so() -> None:
    visits = (pft(START, fvc=84.0, litres=2.5), pft(month(24), fvc=77.0, litres=2.25))
    by_percent = omeract.evaluate(History(visits))
    assert by_percent.evidence[0].result is False
    assert by_percent.evidence[0].note == ("On the other basis (FVC in litres) the change is -10.0 %: met")
    by_litres = omeract.evaluate(History(visits), replace(omeract.RULE.settings, fvc_basis=FvcBasis.LITRES))
    assert by_litres.state == "met"
    assert "from 2.50 to 2.25 L" in by_litres.sentence
    assert "On the other basis (FVC % predicted (GLI-Global-2022))" in by_litres.evidence[0].note


def test_dlco_without_haemoglobin_leaves_its_criterion_open_unless_permitted() -> None:
    history = History((pft(START, fvc=80, dlco=60), pft(month(12), fvc=75, dlco=45)))
    verdict = omeract.evaluate(history)
    assert (verdict.state, [one.needs for one in verdict.missing]) == (
        "indeterminate",
        ["DLCO on 2020-03-02 and 2021-03-02, with haemoglobin"],
    )
    assert verdict.evidence[2].note == "DLCO was measured, but not corrected for haemoglobin at both visits"
    permitted = omeract.evaluate(history, replace(omeract.RULE.settings, uncorrected_dlco=True))
    assert permitted.state == "met"
    assert "DLCO, not Hb-corrected fell by 25.0 % (relative)" in permitted.sentence


def test_missing_dlco_does_not_matter_where_fvc_decides() -> None:
    assert omeract.evaluate(History(fvcs(m0=80, m12=71))).state == "met"
    assert omeract.evaluate(History(fvcs(m0=80, m12=77))).state == "not met"


def test_fvc_and_dlco_are_one_domain_of_ppf() -> None:
    visits = (pft(START, fvc=80, dlco_hb=60), pft(month(12), fvc=70, dlco_hb=45))
    history = History(visits, UNCHANGED, NO_MORE, diagnosis="SSc-ILD")
    assert ppf2022.evaluate(history).state == "not met"
    assert ppf2022.evaluate(replace(history, symptoms=(symptoms(month(12), worse=True),))).state == "met"


def test_ppf_is_strict_about_its_year_by_default() -> None:
    late = month(12) + dt.timedelta(20)
    history = History(
        (pft(START, fvc=80, dlco_hb=60), pft(late, fvc=70, dlco_hb=60)),
        (symptoms(late, worse=True),),
        (replace(reading(late, None, more=False), prior=START),),
        diagnosis="SSc-ILD",
    )
    assert ppf2022.evaluate(history).state == "indeterminate"
    assert ppf2022.evaluate(history, replace(ppf2022.RULE.settings, tolerance_days=30)).state == "met"


def test_a_ct_after_the_latest_visit_does_not_push_that_visit_out_of_its_year() -> None:
    late = month(12) + dt.timedelta(14)
    history = History(
        (pft(START, 80, 60), pft(month(12), 70, 60)),
        (symptoms(month(12), worse=True),),
        (reading(month(12), START, more=False),),
        diagnosis="SSc-ILD",
    )
    verdict = ppf2022.evaluate(replace(history, measures=(measure(late, 5.0),)))
    assert (verdict.state, verdict.latest, verdict.latest_on) == ("met", "met", month(12))


@pytest.mark.parametrize(
    "sign",
    [
        "traction_bronchiectasis_more", "new_ggo_with_traction", "new_fine_reticulation",
        "reticulation_more", "honeycombing_more", "volume_loss_more", "fibrosis_more",
    ],
)  # fmt: skip
def test_any_sign_is_progression_on_ct_for_ppf(sign: str) -> None:
    read = replace(reading(month(12), START, more=False), **{sign: True})  # type: ignore[arg-type]
    history = History(fvcs(m0=80, m12=75), UNCHANGED, (read,), diagnosis="SSc-ILD")
    assert ppf2022.evaluate(history).state == "met"


def test_ground_glass_and_volume_loss_are_not_more_fibrosis() -> None:
    silent = CTReading(month(12), START, new_ggo_with_traction=True, volume_loss_more=True)
    history = History(fvcs(m0=80, m12=75), UNCHANGED, (silent,))
    assert [one.code for one in inbuild.evaluate(history).missing] == ["fibrosis"]
    seen = replace(silent, honeycombing_more=True)
    verdict = inbuild.evaluate(replace(history, readings=(seen,)))
    assert verdict.state == "met"
    assert verdict.evidence[3].basis == "reader's CT assessment"
    assert "honeycombing new or increased" in verdict.evidence[3].words


MODERATE = History(fvcs(m0=80, m12=75), UNCHANGED)


@pytest.mark.parametrize(
    ("last", "limit", "state"),
    [(11.6, 1.5, "met"), (11.5, 1.5, "not met"), (11.6, None, "indeterminate"), (9.0, 1.5, "not met")],
)
def test_the_engine_counts_only_beyond_its_repeatability_limit(last: float, limit: float | None, state: str) -> None:
    measures = (measure(START, 10.0, limit), measure(month(12), last, limit))
    verdict = inbuild.evaluate(replace(MODERATE, measures=measures))
    assert verdict.state == state
    if state != "indeterminate":
        assert verdict.evidence[3].basis == "engine density 1.0.0, fibrosis %"
        assert "repeatability limit 1.5 points" in verdict.evidence[3].words


def test_measures_made_differently_or_in_doubt_are_not_compared() -> None:
    first, last = measure(START, 10.0), measure(month(12), 20.0)
    other = inbuild.evaluate(replace(MODERATE, measures=(first, replace(last, method="two"))))
    assert (other.state, other.evidence[3].words) == (
        "indeterminate",
        "no reader's word on the CT, and the scans were measured in different ways",
    )
    doubtful = inbuild.evaluate(replace(MODERATE, measures=(first, replace(last, accepted=False))))
    assert (doubtful.state, doubtful.evidence[3].words) == (
        "indeterminate",
        "no reader's word on the CT, and a measurement needs review",
    )


def test_the_reader_goes_before_the_engine() -> None:
    measures = (measure(START, 10.0), measure(month(12), 20.0))
    verdict = inbuild.evaluate(replace(MODERATE, measures=measures, readings=NO_MORE))
    assert verdict.state == "not met"
    assert verdict.evidence[3].basis == "reader's CT assessment (Dr Read)"


def test_a_published_threshold_can_be_asked_for_by_name() -> None:
    measures = (measure(START, 10.0), measure(month(12), 13.0))
    history = replace(MODERATE, measures=measures)
    chosen = replace(inbuild.RULE.settings, ct_threshold="dta-mcid-low")
    assert inbuild.evaluate(history).state == "met"
    verdict = inbuild.evaluate(history, chosen)
    assert verdict.state == "not met"
    assert "not validated for systemic sclerosis nor with this engine" in verdict.evidence[3].note


def test_a_scan_against_a_prior_before_the_window_cannot_say_more_within_it() -> None:
    long_ago = (reading(month(12), month(-20), more=True),)
    assert inbuild.evaluate(replace(MODERATE, readings=long_ago)).state == "indeterminate"
    assert (
        inbuild.evaluate(replace(MODERATE, readings=(reading(month(12), month(-20), more=False),))).state == "not met"
    )


def test_erice_takes_dlco_beside_a_moderate_fall() -> None:
    visits = (pft(START, fvc=80, dlco_hb=60), pft(month(24), fvc=76, dlco_hb=51))
    assert erice.evaluate(History(visits)).state == "met"


def test_an_empty_history_is_undecided_everywhere() -> None:
    for verdict in rules.verdicts(History()):
        assert (verdict.state, verdict.latest) == ("indeterminate", "indeterminate")
        assert verdict.missing
        assert verdict.sentence.endswith(".")


def test_a_verdict_travels_as_json_with_all_that_it_rests_on() -> None:
    history = History(fvcs(m0=80, m12=75), UNCHANGED, NO_MORE, (measure(START, 3.0),), "SSc-ILD")
    for verdict in rules.verdicts(history):
        document = json.loads(json.dumps(verdict.to_dict()))
        assert document["rule"] == verdict.rule
        assert document["version"] == RULE_SET
        assert document["settings"]["window_months"] == rules.DEFAULTS[verdict.rule].window_months
        assert all(row["criterion"] and row["words"] for row in document["evidence"])
        assert document["source"]


def test_settings_for_a_rule_that_there_is_not_are_refused() -> None:
    with pytest.raises(KeyError, match="no such rule: INBUILT"):
        rules.verdicts(History(), {"INBUILT": inbuild.RULE.settings})


def test_the_order_of_the_records_means_nothing() -> None:
    history = History(fvcs(m0=80, m6=78, m12=75), (symptoms(month(6), worse=False), *UNCHANGED), NO_MORE)
    turned = replace(history, pfts=history.pfts[::-1], symptoms=history.symptoms[::-1])
    assert rules.verdicts(turned) == rules.verdicts(history)


def test_a_later_word_in_the_same_window_settles_an_earlier_pair() -> None:
    history = History(fvcs(m0=80, m6=75.5, m12=75.5), UNCHANGED, NO_MORE)
    assert inbuild.evaluate(history).state == "not met"


def test_symptoms_of_the_first_visit_or_of_long_before_the_last_do_not_speak_for_it() -> None:
    soon = START + dt.timedelta(90)
    first_only = History((pft(START, fvc=80), pft(soon, fvc=75)), (symptoms(START, worse=False),), NO_MORE)
    assert inbuild.evaluate(replace(first_only, readings=(reading(soon, START, more=False),))).state == "indeterminate"
    halfway = History(fvcs(m0=80, m6=80, m12=75), (symptoms(month(6), worse=False),), NO_MORE)
    assert [one.code for one in inbuild.evaluate(halfway).missing] == ["symptoms"]


def test_worse_since_before_the_window_is_not_inside_it() -> None:
    told = (symptoms(START, worse=True), symptoms(month(12), worse=False))
    history = History(fvcs(m0=80, m12=75), told, NO_MORE, diagnosis="SSc-ILD")
    assert ppf2022.evaluate(replace(history, pfts=(pft(START, 80, 60), pft(month(12), 75, 60)))).state == "not met"


def test_a_comparator_from_before_the_window_does_not_confirm() -> None:
    verdict = omeract.evaluate(History(fvcs(m0=100, m30=80, m42=71, m48=79)))
    assert (verdict.state, verdict.first_met) == ("met", month(42))
    assert verdict.confirmed == "not met"
