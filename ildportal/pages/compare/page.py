"""The page: two CTs of a patient by their numbers in the address, or the latest against the first alike."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ildportal import access
from ildportal.pages import patient as record
from ildportal.pages import readings
from ildportal.pages.compare import cautions, choice, function, rows
from patients import selectors
from quant.models import LobeMeasure


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    patient = access.patient_or_404(request.user, code)
    scans = record.scans(patient)
    sides = choice.sides(scans["cts"], scans["history"])
    chosen = choice.choose(sides, request.GET.get("a", ""), request.GET.get("b", ""))
    today = timezone.localdate()
    ongoing = [one for one in selectors.treatments(patient) if selectors.on_treatment(one, today)]
    content: dict[str, Any] = {"patient": patient, "ongoing": ongoing, "chosen": chosen, "measured": sides}
    content |= record.facts(patient)
    if chosen:
        pfts = selectors.lung_function(patient)
        content |= _compared(chosen, scans)
        read = readings.read(pfts, selectors.findings_of(patient))
        content["function"] = list(function.lines(read, chosen.earlier, chosen.later))
    return render(request, "compare.html", content)


def _compared(chosen: choice.Choice, scans: dict[str, Any]) -> dict[str, Any]:
    both = chosen.earlier, chosen.later
    extents, limits = scans["extents"], scans["limits"]
    measures: dict[int, list[LobeMeasure]] = defaultdict(list)
    for one in LobeMeasure.objects.filter(quantification__in=[side.numbers for side in both]):
        measures[one.quantification_id].append(one)
    levels = list(rows.levels(*both, extents))
    return {
        "cautions": cautions.cautions(*both, extents),
        "levels": levels,
        "pictured": any(card and card.picture for row in levels for card in (row.before, row.now)),
        "whole": list(rows.whole(*both, extents, limits)),
        "lobes": rows.regions(*both, measures, lobes=True),
        "zones": rows.regions(*both, measures, lobes=False),
        "estimated": any(side.numbers.lobes_source == "prior" for side in both),
        "days": (chosen.later.day - chosen.earlier.day).days,
    }
