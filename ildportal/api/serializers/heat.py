"""Heat maps of the score network: figures, and where each picture is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from ildportal.pages import heat as shown
from quant.heat import LevelHeat, Network
from quant.models import LevelScore, Quantification

SHARE = "% of the lung area of the slice"


class HeatModel(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Of the network that the maps explain.")
    version = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of its weights.")


class HeatScale(serializers.Serializer[Any]):
    threshold = serializers.FloatField(
        allow_null=True,
        help_text="Points for each % of the lung replaced by healthy lung; negative = disease, -1 where all of it had "
        "counted. What lies beyond counts as disease and is painted; null: none was chosen for this network.",
    )
    r2 = serializers.FloatField(
        allow_null=True,
        help_text="How well the painted share gives back the network's score, at best 1; or null.",
    )
    overlap = serializers.FloatField(
        allow_null=True, help_text="Dice of what is painted and what was drawn, 0 to 1; null: unknown."
    )


class HeatPart(serializers.Serializer[Any]):
    told = serializers.FloatField(help_text=f"{SHARE}: what the network says of the slice, without views.")
    percent = serializers.FloatField(allow_null=True, help_text=f"{SHARE} beyond the threshold; null without one.")
    right_percent = serializers.FloatField(allow_null=True, help_text="% of the right lung in the slice, the same way.")
    left_percent = serializers.FloatField(allow_null=True, help_text="% of the left lung in the slice, the same way.")
    picture = serializers.URLField(help_text="A PNG to lay over the slice, transparent where nothing is painted.")


class HeatLevel(serializers.Serializer[Any]):
    level = serializers.IntegerField(help_text="1 to 5")
    slice = serializers.IntegerField(allow_null=True, help_text="From 0 at the feet; null outside the scan.")
    why = serializers.CharField(help_text="Why this level has none; else empty.")
    scores = serializers.DictField(child=HeatPart(), help_text="By tot, gg, ret.")


class Heat(serializers.Serializer[Any]):
    why = serializers.CharField(help_text="Why there are no maps; else empty.")
    use = serializers.CharField(help_text="What the network was trained on, and for what it is not.")
    model = HeatModel(allow_null=True, help_text="Null where there are no maps.")
    scores = serializers.DictField(child=HeatScale(), help_text="By tot, gg, ret; empty where there are no maps.")
    levels = HeatLevel(many=True)


def body(one: Quantification, row: LevelScore | None, request: Request | None) -> dict[str, Any] | None:
    """The maps that explain the network's score `row`; None for invented numbers."""
    if one.is_simulated:
        return None
    found, why = shown.of(one, row)
    network = found.network if found else None
    if found is None or network is None:
        return {"why": why, "use": "", "model": None, "scores": {}, "levels": []}
    return {
        "why": "",
        "use": found.use,
        "model": {"name": network.name, "version": network.version, "sha256": network.sha256},
        "scores": {name: _scale(network, name) for name in shown.NAMES},
        "levels": [_level(one, level, request) for level in found.levels],
    }


def _scale(network: Network, name: str) -> dict[str, float | None]:
    trust = network.trust.get(name)
    threshold = network.thresholds[name] if network.thresholds else None
    return {"threshold": threshold, "r2": trust.r2 if trust else None, "overlap": trust.overlap if trust else None}


def _level(one: Quantification, level: LevelHeat, request: Request | None) -> dict[str, Any]:
    scores = {
        name: {
            "told": part.told,
            "percent": part.percent,
            "right_percent": part.right,
            "left_percent": part.left,
            "picture": reverse(
                "quantification-heat", args=[one.pk, f"level-{level.level}-{name}.png"], request=request
            ),
        }
        for name, part in level.parts.items()
    }
    return {"level": level.level, "slice": level.slice, "why": level.reason, "scores": scores}
