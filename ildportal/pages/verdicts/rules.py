"""The card of a progression rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ildportal.pages.verdicts.card import Badge, Card, Kind, Row, Table
from ildportal.pages.verdicts.words import ARROW, change, printed, sentence
from patients.progression import eustar
from patients.progression.evidence import Evidence, number
from patients.progression.logic import Truth
from patients.progression.settings import FvcBasis, Settings
from patients.progression.verdict import State, Verdict

RESULTS: dict[Truth, tuple[str, Kind]] = {
    True: ("met", Kind.MET),
    False: ("not met", Kind.NOT_MET),
    None: ("unknown", Kind.INDETERMINATE),
}
# What is not known and could not have changed the answer.
NO_MATTER = ("not needed", Kind.PLAIN)
DECLINES = (eustar.Category.MODERATE, eustar.Category.SIGNIFICANT, eustar.Category.MAJOR)
# Its note repeats the words with more figures.
SLOPE = "fvc_slope"
DOCUMENT = "docs/rules.md"


def rule_card(verdict: Verdict) -> Card:
    missing, missing_earlier = _missing(verdict)
    return Card(
        key=verdict.rule.lower().replace(" ", "-"),
        name=verdict.rule,
        title=verdict.title,
        badge=_badge(verdict),
        why=printed(verdict.sentence),
        answers=tuple(_answers(verdict)),
        tables=tuple(_tables(verdict)),
        missing=missing,
        missing_earlier=missing_earlier,
        cautions=(printed(verdict.caution),) if verdict.caution else (),
        basis=_basis(verdict),
        source=f"{printed(verdict.source)}. Defined in {DOCUMENT}, \u201c{verdict.rule}\u201d.",
    )


def named(state: str) -> str:
    """A state or a category in words that stand alone."""
    return f"{state} decline" if state in DECLINES else state


def _badge(verdict: Verdict) -> Badge:
    """A rule that was met once and is not any more says so: the word alone must not mislead."""
    word = named(verdict.state).capitalize()
    if verdict.state == State.INDETERMINATE:
        return Badge(word, Kind.INDETERMINATE)
    if verdict.state not in (State.MET, *DECLINES):
        return Badge(word, Kind.NOT_MET)
    gone = verdict.latest in (State.NOT_MET, eustar.Category.STABLE, eustar.Category.IMPROVEMENT)
    return Badge(f"{word} earlier", Kind.EARLIER) if gone else Badge(word, Kind.MET)


def _answers(verdict: Verdict) -> Iterator[tuple[str, str]]:
    categories = verdict.rule == eustar.NAME
    first = f", first on {verdict.first_met}" if verdict.first_met else ""
    yield ("Worst in a year" if categories else "Ever met"), f"{named(verdict.state)}{first}"
    if verdict.latest_on:
        yield f"At the latest visit, {verdict.latest_on}", named(verdict.latest)
    if verdict.course:
        yield "Whole course", named(verdict.course)
    if verdict.first_met:
        yield "Confirmed", _confirmed(verdict)


def _confirmed(verdict: Verdict) -> str:
    if verdict.confirmed_on:
        return f"yes, on {verdict.confirmed_on}"
    return "no, the next visit did not show it" if verdict.confirmed == State.NOT_MET else "no later visit can tell yet"


def _missing(verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what the latest visit needs, what else is open): the first could make it met now."""
    last = max((one.until for one in verdict.missing if one.until), default=None)
    unknown = {one.code for one in verdict.latest_evidence if one.result is None}
    now = [one for one in verdict.missing if one.until == last and (one.code in unknown or not unknown)]
    others = [one for one in verdict.missing if one not in now]
    return tuple(sentence(one.needs) for one in now), tuple(sentence(one.needs) for one in others)


def _tables(verdict: Verdict) -> Iterator[Table]:
    """The comparison that decided, and the one that ends at the latest visit where that is another."""
    same = verdict.latest_evidence == verdict.evidence
    if verdict.evidence:
        yield Table(_decided(verdict, same), _rows(verdict.evidence, verdict.state))
    if verdict.latest_evidence and not same:
        title = f"At the latest visit, {verdict.latest_on}"
        yield Table(title, _rows(verdict.latest_evidence, verdict.latest), named(verdict.latest))


def _decided(verdict: Verdict, same: bool) -> str:
    if same and verdict.comparisons:
        return f"At the latest visit, {verdict.latest_on}"
    if verdict.first_met:
        return f"When first met, {verdict.first_met}"
    if not verdict.comparisons:
        return "What is known"
    return "What comes nearest" if verdict.state == State.NOT_MET else "What decided"


def _rows(evidence: Iterable[Evidence], state: str) -> tuple[Row, ...]:
    return tuple(_row(one, open_still=state == State.INDETERMINATE) for one in evidence)


def _row(one: Evidence, *, open_still: bool) -> Row:
    word, kind = NO_MATTER if one.result is None and not open_still else RESULTS[one.result]
    told = (printed(one.note),) if one.note and one.code != SLOPE else ()
    if one.before is None or one.after is None or one.relative is None:
        return Row(printed(one.criterion), _said(one), word, kind, notes=told)
    dates = f"{one.since} to {one.until}"
    return Row(printed(one.criterion), _values(one), word, kind, _change(one), (dates, *told))


def _said(one: Evidence) -> str:
    """The words without the criterion, which stands beside them."""
    named_first = one.words.lower().startswith(f"{one.criterion.lower()}: ")
    return sentence(one.words[len(one.criterion) + 2 :] if named_first else one.words)


def _values(one: Evidence) -> str:
    unit = "%" if one.unit.startswith("%") else one.unit
    before, after = number(one.before or 0.0, one.unit), number(one.after or 0.0, one.unit)
    return printed(f"{before} {ARROW} {after} {unit}")


def _change(one: Evidence) -> str:
    absolute, relative = one.absolute or 0.0, one.relative or 0.0
    moved = f"{change(absolute)} points" if one.unit.startswith("%") else f"{_litres(absolute)} {one.unit}"
    return printed(f"{moved}, {change(relative)} % relative")


def _litres(value: float) -> str:
    return printed(f"{value:+.2f}")


def _basis(verdict: Verdict) -> str:
    count = verdict.comparisons
    pairs = f"{count} comparison{'' if count == 1 else 's'}" if count else "Nothing to compare"
    bases = dict.fromkeys(one.basis for one in (*verdict.evidence, *verdict.latest_evidence) if one.basis)
    rests_on = f" Rests on {', '.join(printed(one) for one in bases)}." if bases else ""
    return f"{'; '.join(settings_in_words(verdict.settings))}. {pairs}.{rests_on} Rules {verdict.version}."


def settings_in_words(settings: Settings) -> Iterator[str]:
    """The window, and what a study may have set otherwise."""
    yield f"Window {settings.window_months} months" if settings.window_months else "No window"
    if settings.tolerance_days:
        yield f"and {settings.tolerance_days} days"
    apart = f"{settings.shortest_months} months" if settings.shortest_months else f"{settings.shortest_days} days"
    yield f"visits at least {apart} apart"
    if settings.fvc_basis is not FvcBasis.PERCENT_PREDICTED:
        yield f"FVC in {settings.fvc_basis}"
    if settings.uncorrected_dlco:
        yield "DLCO without haemoglobin correction counts"
    if settings.ct_threshold:
        yield f"CT threshold {settings.ct_threshold}"
