"""Runs, and what they measured, in the words of the contract ildportal.quantification/1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ildportal.api.serializers import heat
from ildportal.pages import objects
from quant.engine.identity import SIMULATED_ENGINE
from quant.goh.names import mean_of_five
from quant.models import LevelScore, LobeMeasure, Quantification, Run
from quant.models.measures import BOUNDS, LOBES, PATTERNS, ZONES, ScoreSource

LEVEL = ("level", "slice", "position_mm", "sop_uid", "tot", "gg", "ret", "confidence", *BOUNDS)
ML, PERCENT = "mL", "% of all lung voxels"


def _number(unit: str, source: str | None = None) -> Any:
    return serializers.FloatField(read_only=True, allow_null=True, help_text=unit, source=source)


class RunSerializer(serializers.ModelSerializer[Run]):
    requested_by = serializers.SlugRelatedField[Any](
        slug_field="username",
        read_only=True,
        allow_null=True,
        help_text="User name of who asked for it; null for the portal itself.",
    )
    simulated = serializers.SerializerMethodField(help_text="Nothing was measured: invented numbers.")

    class Meta:
        model = Run
        fields = [
            "id", "series", "engine", "engine_version", "simulated", "state", "stage", "percent", "attempts", "reason",
            "error_code", "requested_by", "requested_at", "started_at", "finished_at",
        ]  # fmt: skip
        extra_kwargs = {
            "series": {"help_text": "Id of the series that is measured."},
            "percent": {"help_text": "% done."},
            "stage": {"help_text": "What the engine does now."},
            "attempts": {"help_text": "How often a worker has begun it."},
        }

    def get_simulated(self, run: Run) -> bool:
        return run.engine == SIMULATED_ENGINE


class Engine(serializers.Serializer[Quantification]):
    name = serializers.CharField(source="engine", help_text="Numbers of two engines are never joined by a line.")
    version = serializers.CharField(source="engine_version")
    weights = serializers.DictField(child=serializers.CharField(), help_text="SHA-256 of each weight file, by name.")
    settings = serializers.DictField(help_text="Thresholds and options as used.")
    methods = serializers.DictField(
        child=serializers.CharField(), help_text="By pattern: whether rules or a network named it; empty: not said."
    )
    device = serializers.CharField(help_text="cpu or the name of the accelerator.")
    seconds = serializers.DictField(child=serializers.FloatField(), help_text="s, by stage and in total.")


class WarningNote(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class Quality(serializers.Serializer[Quantification]):
    accepted = serializers.BooleanField(help_text="False: measured, needs review.")
    warnings = WarningNote(many=True)


class Lungs(serializers.Serializer[Quantification]):
    volume_ml = _number("mL, air and tissue inside both lung masks")
    right_ml = _number(ML)
    left_ml = _number(ML)
    recovered_ml = _number("mL of disease that thresholds alone had left out")
    mean_density_hu = _number("HU")
    haa_percent = _number(f"{PERCENT} between -600 and -250 HU")
    laa950_percent = _number(f"{PERCENT} below -950 HU")
    perc15_hu = _number("HU, 15th percentile")
    skewness = _number("without unit")
    kurtosis = _number("without unit")
    vessel_ml = _number(ML)


class Pattern(serializers.Serializer[Any]):
    ml = _number(ML)
    percent = _number(PERCENT)
    low = _number("%, lower limit of percent by the engine, not shown to hold 95 %")
    high = _number("%, upper limit of percent by the engine, not shown to hold 95 %")


class Patterns(serializers.Serializer[Any]):
    ground_glass = Pattern()
    consolidation = Pattern()
    reticulation = Pattern()
    honeycombing = Pattern()
    emphysema = Pattern()


class LobePattern(serializers.Serializer[Any]):
    ml = _number(ML)
    percent = _number("% of the lobe or zone")


class LobePatterns(serializers.Serializer[Any]):
    ground_glass = LobePattern()
    consolidation = LobePattern()
    reticulation = LobePattern()
    honeycombing = LobePattern()
    emphysema = LobePattern()


class Lobe(serializers.Serializer[LobeMeasure]):
    ml = _number(ML)
    lesion_ml = _number(ML)
    lesion_percent = _number("% of the lobe")
    severity = serializers.IntegerField(allow_null=True, help_text="0 to 5")
    patterns = LobePatterns()


class Zone(serializers.Serializer[LobeMeasure]):
    ml = _number(ML)
    lesion_ml = _number(ML)
    lesion_percent = _number("% of the zone")
    patterns = LobePatterns()


class Severity(serializers.Serializer[Quantification]):
    scheme = serializers.CharField(source="severity_scheme")
    total = serializers.IntegerField(source="severity_total", allow_null=True, help_text="0 to 25; null if any lobe is")
    estimated = serializers.BooleanField(source="severity_estimated", help_text="Lobes were estimated, not seen.")


class Level(serializers.ModelSerializer[LevelScore]):
    class Meta:
        model = LevelScore
        fields = list(LEVEL)
        extra_kwargs = {
            "sop_uid": {"help_text": "DICOM SOP Instance UID of that slice."},
            "tot": {"help_text": "% of the lung area of that slice: all disease but emphysema."},
            "gg": {"help_text": "% of the lung area: ground glass and consolidation."},
            "ret": {"help_text": "% of the lung area: reticulation and honeycombing."},
            "confidence": {"help_text": "0 to 1: where the level lies, or of the score where its source gives one."},
            **{name: {"help_text": "% of the lung area; null where the source gives no limits."} for name in BOUNDS},
        }


class GohModel(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Of the engine for measured scores.")
    version = serializers.CharField()
    sha256 = serializers.CharField(allow_null=True, help_text="Of the weights; null where it has none of its own.")


class GohSource(serializers.Serializer[Any]):
    model = GohModel(help_text="What made these scores.")
    extent_percent = _number("%, mean of the five TOT; null when a level lies outside the scan")
    levels = Level(many=True)


class Goh(serializers.Serializer[Any]):
    default = serializers.CharField(help_text="Which source counts.")
    sources = serializers.DictField(child=GohSource(), help_text="By network, measured or reader.")
    earlier = serializers.DictField(
        child=GohSource(many=True), help_text="The same by model versions that no longer count for their source."
    )
    heat = heat.Heat(allow_null=True, help_text="Where the network's scores come from; null for invented numbers.")


class QuantificationSerializer(serializers.ModelSerializer[Quantification]):
    """The numbers of one run; null is not measured, never zero."""

    study = serializers.PrimaryKeyRelatedField[Any](source="series.study", read_only=True, help_text="Id of the study.")
    patient = serializers.CharField(
        source="series.study.patient.code", read_only=True, default=None, allow_null=True, help_text="Code; or null."
    )
    date = serializers.DateField(source="series.study.date", read_only=True, allow_null=True, help_text="Of the scan.")
    simulated = serializers.BooleanField(
        source="is_simulated", read_only=True, help_text="Nothing was measured: invented numbers."
    )
    engine = Engine(source="*", read_only=True)
    quality = Quality(source="*", read_only=True)
    lungs = Lungs(source="*", read_only=True)
    patterns = serializers.SerializerMethodField()
    lobes = serializers.SerializerMethodField(help_text="By RUL, RML, RLL, LUL, LLL.")
    fissures = serializers.DictField(
        child=serializers.FloatField(),
        read_only=True,
        help_text="Share of each seen beyond chance, 0 to 1: right_oblique, horizontal, left_oblique; empty: not told.",
    )
    zones = serializers.SerializerMethodField(
        help_text="By right_upper to left_lower (thirds of the height), rind (within 10 mm of the pleura) and core; "
        "empty where the engine gives none. They need no fissure."
    )
    severity = Severity(source="*", read_only=True)
    goh = serializers.SerializerMethodField(help_text="Goh scores; null where none were made.")
    dicom_objects = serializers.SerializerMethodField(
        help_text="Names of its DICOM SEG and SR objects, each to be had at dicom/{name}/ below it."
    )

    class Meta:
        model = Quantification
        fields = [
            "id", "run", "series", "study", "patient", "date", "simulated", "current", "superseded_by", "created_at",
            "engine", "quality", "lungs", "patterns", "lesion_percent", "fibrosis_percent", "ild_percent", "lobes",
            "lobes_source", "lobe_confidence", "fissures", "zones", "severity", "goh", "dicom_objects",
        ]  # fmt: skip
        extra_kwargs = {
            "run": {"help_text": "Id of the run."},
            "series": {"help_text": "Id of the series."},
            "created_at": {"help_text": "When the numbers were stored."},
            "lobes_source": {"help_text": "Whether lobes were seen or estimated."},
            "lobe_confidence": {"help_text": "0 to 1: of the fissure seen least; severity is never read without it."},
            "current": {"help_text": "The one of its series that counts."},
            "superseded_by": {"help_text": "Id of the quantification that replaced it."},
            "lesion_percent": {"help_text": f"{PERCENT}: ground glass and consolidation (TLV% of Guiot 2025)."},
            "fibrosis_percent": {"help_text": f"{PERCENT}: reticulation and honeycombing."},
            "ild_percent": {"help_text": f"{PERCENT}: all four."},
        }

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_dicom_objects(self, one: Quantification) -> list[str]:
        return list(objects.held(one))

    @extend_schema_field(Patterns)
    def get_patterns(self, one: Quantification) -> dict[str, Any]:
        parts = ("ml", "percent", "low", "high")
        return {name: {part: getattr(one, f"{name}_{part}") for part in parts} for name in PATTERNS}

    @extend_schema_field(serializers.DictField(child=Lobe()))
    def get_lobes(self, one: Quantification) -> dict[str, Any]:
        return {lobe.region: {"severity": lobe.severity, **_region(lobe)} for lobe in _within(one, LOBES)}

    @extend_schema_field(serializers.DictField(child=Zone()))
    def get_zones(self, one: Quantification) -> dict[str, Any]:
        return {zone.region: _region(zone) for zone in _within(one, ZONES)}

    @extend_schema_field(Goh(allow_null=True))
    def get_goh(self, one: Quantification) -> dict[str, Any] | None:
        made: dict[tuple[str, str, str], list[LevelScore]] = defaultdict(list)
        for level in sorted(one.levels.all(), key=lambda level: (level.source, level.pk)):
            made[level.source, level.model, level.model_version].append(level)
        if not made:
            return None
        counts: dict[str, Any] = {}
        earlier: dict[str, list[Any]] = defaultdict(list)
        for (source, _name, _version), found in made.items():
            scores = _scores(one, found)
            if found[0].current:
                counts[source] = scores
            else:
                earlier[source].append(scores)
        sources = {source: counts[source] for source in ScoreSource.values if source in counts}
        maps = heat.body(one, _network_row(one), self.context.get("request"))
        return {"default": one.goh_default, "sources": sources, "earlier": earlier, "heat": maps}


def _network_row(one: Quantification) -> LevelScore | None:
    rows = (level for level in one.levels.all() if level.current and level.source == ScoreSource.NETWORK)
    return next(rows, None)


def _within(one: Quantification, regions: Sequence[str]) -> list[LobeMeasure]:
    found = {measure.region: measure for measure in one.lobes.all()}
    return [found[region] for region in regions if region in found]


def _region(found: LobeMeasure) -> dict[str, Any]:
    numbers = {name: getattr(found, name) for name in ("ml", "lesion_ml", "lesion_percent")}
    patterns = {name: {"ml": getattr(found, f"{name}_ml"), "percent": found.percent(name)} for name in PATTERNS}
    return {**numbers, "patterns": patterns}


def _scores(one: Quantification, levels: Iterable[LevelScore]) -> dict[str, Any]:
    ordered = sorted(levels, key=lambda level: level.level)
    return {
        "model": _model(one, ordered[0]),
        "extent_percent": mean_of_five(level.tot for level in ordered),
        "levels": [_level(level) for level in ordered],
    }


def _model(one: Quantification, level: LevelScore) -> dict[str, str | None]:
    if not level.model:
        return {"name": one.engine, "version": one.engine_version, "sha256": None}
    return {"name": level.model, "version": level.model_version, "sha256": level.weights_sha256 or None}


def _level(score: LevelScore) -> dict[str, Any]:
    """As the contract writes it: a level outside the scan has no UID."""
    return {**{name: getattr(score, name) for name in LEVEL}, "sop_uid": score.sop_uid or None}
