"""The cards of staging and prognosis."""

from __future__ import annotations

from collections.abc import Iterator

from ildportal.pages.verdicts.card import Badge, Card, Kind, Row, Table
from ildportal.pages.verdicts.rules import DOCUMENT
from ildportal.pages.verdicts.words import EN_DASH, clear_of_limits, printed, sentence
from ildportal.verdicts import EXTENT_WITHIN_DAYS, Standing
from patients.prognosis.goh import FVC_LIMIT, HIGH, LOW, PLAIN, Stage
from patients.prognosis.score import Item, Score

MADE_FOR = {"GAP": "IPF", "du Bois": "IPF", "CPI": "IPF", "SADL": "SSc-ILD", "Goh": "SSc-ILD", "Goh 20 %": "SSc-ILD"}
CAUTION_OF_IPF = "Made for IPF."
GOH, GOH_PLAIN = "Goh", "Goh 20 %"


def score_cards(standing: Standing) -> tuple[Card, ...]:
    return tuple(_card(one, standing) for one in standing.scores)


def _card(score: Score, standing: Standing) -> Card:
    return Card(
        key=score.name.lower().replace(" %", "").replace(" ", "-"),
        name=score.name,
        title=score.title,
        badge=_badge(score),
        why=" ".join((printed(score.sentence), *_meant_for(score, standing))),
        tables=tuple(_tables(score, standing)),
        missing=tuple(sentence(one) for one in score.missing),
        cautions=tuple(_cautions(score, standing)),
        basis=f"Scores {score.version}.",
        source=f"{printed(score.source)}. Defined in {DOCUMENT}, \u201c{score.name}\u201d.",
    )


def _badge(score: Score) -> Badge:
    if score.name in (GOH, GOH_PLAIN):
        return _stage_badge(score)
    if score.value is not None:
        return Badge(f"{score.value:.1f}", Kind.PLAIN)
    if score.points is None:
        return Badge("Indeterminate", Kind.INDETERMINATE)
    return Badge(f"{score.points} point{'' if score.points == 1 else 's'}", Kind.PLAIN)


def _stage_badge(score: Score) -> Badge:
    if score.missing:
        return Badge(str(Stage.NOT_CLASSIFIABLE).capitalize(), Kind.INDETERMINATE)
    return Badge(score.stage.capitalize(), Kind.MET if score.stage == Stage.EXTENSIVE else Kind.NOT_MET)


def _tables(score: Score, standing: Standing) -> Iterator[Table]:
    items = tuple(_item(one, standing) for one in score.items) or tuple(_facts(score, standing))
    if items:
        yield Table("What it counts", items, compact=True)
    if score.risk:
        risks = tuple(Row(sentence(what), printed(risk), "") for what, risk in score.risk.items())
        yield Table("Published risk", risks, compact=True)


def _item(one: Item, standing: Standing) -> Row:
    name = sentence(one.name)
    if one.points is None:
        possible = printed(f"{min(one.possible)} to {max(one.possible)}")
        return Row(name, one.value, possible, Kind.INDETERMINATE)
    return Row(name, _value(one), printed(str(one.points)), notes=_of_day(one.name, standing))


def _value(one: Item) -> str:
    """Items carry their value as text with six figures: as many are shown as the limits of the score need."""
    figures, _, unit = one.value.partition(" ")
    try:
        return f"{clear_of_limits(float(figures))} {unit}"
    except ValueError:
        return one.value


def _of_day(name: str, standing: Standing) -> tuple[str, ...]:
    """When it was measured, where that is not the day of the other values."""
    on, facts = standing.facts.dlco_on, standing.facts
    return (f"of {on}",) if name.startswith("DLCO") and on and on != facts.on else ()


def _facts(score: Score, standing: Standing) -> Iterator[Row]:
    """What a score without points rests on."""
    if score.name in (GOH, GOH_PLAIN):
        yield _extent(score, standing)
    if score.name == GOH:
        yield _fvc(standing)
    if score.name == "CPI":
        facts = standing.facts
        dlco = None if isinstance(facts.dlco_percent, str) else facts.dlco_percent
        for name, value in (("DLCO", dlco), ("FVC", facts.fvc_percent), ("FEV1", facts.fev1_percent)):
            yield _percent(f"{name} % predicted", value, notes=_of_day(name, standing))


def _extent(score: Score, standing: Standing) -> Row:
    extent = standing.facts.goh_extent_percent
    if extent is None:
        return Row("Extent on CT", "missing", "unknown", Kind.INDETERMINATE)
    scored = standing.extent
    source = f"CT of {standing.extent_on}, {scored.in_words}, {scored.made_by}" if scored else ""
    said = f"{clear_of_limits(extent)} %"
    if score.name == GOH_PLAIN:
        return Row("Extent on CT", said, f"{'>' if extent > PLAIN else '≤'} {PLAIN:g} %", notes=(source,))
    zone = f"< {LOW:g} %" if extent < LOW else f"> {HIGH:g} %" if extent > HIGH else f"{LOW:g}{EN_DASH}{HIGH:g} %"
    return Row("Extent on CT", said, zone, notes=(source, "mean of five levels"))


def _fvc(standing: Standing) -> Row:
    """Decides from 10 to 30 % only."""
    fvc, extent = standing.facts.fvc_percent, standing.facts.goh_extent_percent
    if fvc is None:
        return _percent("FVC % predicted", fvc)
    asked = extent is None or LOW <= extent <= HIGH
    side = f"{'<' if fvc < FVC_LIMIT else '≥'} {FVC_LIMIT:g} %" if asked else "not needed"
    return Row("FVC % predicted", f"{clear_of_limits(fvc)} %", side)


def _percent(name: str, value: float | None, notes: tuple[str, ...] = ()) -> Row:
    if value is None:
        return Row(name, "missing", "unknown", Kind.INDETERMINATE)
    return Row(name, f"{clear_of_limits(value)} %", "", notes=notes)


def _meant_for(score: Score, standing: Standing) -> Iterator[str]:
    """Said with the answer: a score may have been made for another disease."""
    meant, diagnosis = MADE_FOR.get(score.name), standing.facts.diagnosis
    if meant and diagnosis != meant:
        yield f"Made for {meant}; {f'the diagnosis is {diagnosis}' if diagnosis else 'no diagnosis is on record'}."


def _cautions(score: Score, standing: Standing) -> Iterator[str]:
    if rest := score.caution.replace(CAUTION_OF_IPF, "").strip():
        yield printed(rest)
    if score.name in (GOH, GOH_PLAIN) and standing.extent and standing.extent.caution:
        yield f"The extent: {standing.extent.caution[0].lower()}{standing.extent.caution[1:]}"
    if score.name in (GOH, GOH_PLAIN) and standing.facts.goh_extent_percent is None:
        yield f"Counts: a CT with all five levels, no review due, at most {EXTENT_WITHIN_DAYS} days from that FVC."
