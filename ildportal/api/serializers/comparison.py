"""What changed between CTs, as it is described: computed, so read only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from ildportal.api.serializers.shapes import count, day, number, text
from ildportal.pages.changes import Change
from ildportal.pages.comparison import Pair
from quant.models import Quantification

NONE = "No earlier CT of this patient was measured by the same engine, version, weights and settings."
SIMULATED = "Invented numbers are not compared."


class ChangeShape(serializers.Serializer[Any]):
    """Later minus earlier, unrounded."""

    change = number("In the unit of the measure; points of a percentage.")
    limit = number("Up to and including this it is no measurable change; null where no limit is known.")
    beyond = serializers.BooleanField(
        allow_null=True, help_text="Larger than the limit; null where that cannot be judged: no limit, or doubtful."
    )


class DensityShape(serializers.Serializer[Any]):
    """Both densities brought to one lung volume; null where `why_not` says why."""

    common_ml = number("mL, the one lung volume: geometric mean of the two.")
    volume_ratio = number("Lung volume of the later over that of the earlier, without unit.")
    raw_mean_hu = number("HU, plain difference of the mean density, breath included.")
    raw_perc15_hu = number("HU, plain difference of the 15th percentile, breath included.")
    mean_hu = number("HU, difference of the mean density at one lung volume.")
    perc15_hu = number("HU, difference of the 15th percentile at one lung volume.")
    mass_g = number("g, difference of the tissue and blood in both lungs.")
    why_not = text("Why nothing could be corrected.")


class ComparisonShape(serializers.Serializer[Any]):
    earlier = count("Id of the earlier quantification.")
    since = day("Date of the earlier CT.")
    doubtful = serializers.BooleanField(help_text="One of the two needs review: no change is judged.")
    changes = serializers.DictField(
        child=ChangeShape(), help_text="By measure; `..._at_one_volume` are densities with the air taken out."
    )
    density = DensityShape(allow_null=True)


class ComparisonsShape(serializers.Serializer[Any]):
    quantification = count("Id of the later quantification.")
    date = day("Date of the later CT.")
    missing = text("Why there is no comparison.")
    comparisons = ComparisonShape(many=True)


def body(later: Quantification, pairs: Iterable[Pair]) -> dict[str, Any]:
    """Newest of the earlier CTs first."""
    found = [_pair(one) for one in pairs][::-1]
    missing = "" if found else SIMULATED if later.is_simulated else NONE
    return {"quantification": later.pk, "date": later.series.study.date, "missing": missing, "comparisons": found}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "earlier": pair.earlier.pk,
        "since": pair.since,
        "doubtful": not (pair.earlier.accepted and pair.later.accepted),
        "changes": {column: _change(one) for column, one in pair.changes.items()},
        "density": asdict(pair.density) if pair.density else None,
    }


def _change(one: Change) -> dict[str, Any]:
    return {"change": float(one.value), "limit": one.limit, "beyond": one.beyond}
