"""Finding a patient by code, and everything on record about one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ildportal import access, headers, vendored
from ildportal.pages import ct, goh, keys, live, readings, scored, sessions, timeline, verdicts, zones
from ildportal.pages import trajectory as trajectories
from ildportal.pages.compared import with_first_and_last
from ildportal.verdicts import standing_of
from patients import selectors
from patients.models import Diagnosis, Patient
from patients.trajectories import trajectory
from quant import repeatability
from quant.models import Quantification
from quant.repeatability import Limits
from quant.selectors import measured

PAGE_SIZE = 50


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Patients by code; a whole code in the search field goes straight to its page."""
    words = request.GET.get("q", "").replace("\0", "").strip()
    patients = access.patients_for(request.user)
    waiting = request.GET.get("findings") == "open"
    exact = selectors.by_code(patients, words) if words else None
    if exact:
        return redirect("patient", code=exact.code)
    found = selectors.search(patients, words, waiting=waiting)
    numbers = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    content = {"numbers": numbers, "lines": _lines(list(numbers)), "words": words, "waiting": waiting}
    content["asking"] = selectors.waiting_for(access.findings_for(request.user)).count()
    return render(request, "patients.html", content)


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    patient = access.patient_or_404(request.user, code)
    about, course = facts(patient), _course(patient)
    content = {"patient": patient, "back": request.path, "plotly_js": vendored.plotly_js(), **about, **course}
    content |= scans(patient)
    content |= live.state(request, patient, content["cts"])
    content["timeline"] = _timeline(patient, content)
    content["verdicts"] = verdicts.build(
        standing_of(patient, content["history"], content["extents"], content["limits"])
    )
    return headers.allow_charts(render(request, "patient.html", content))


def _lines(patients: list[Patient]) -> list[tuple[Patient, int | None, Diagnosis | None]]:
    known = selectors.diagnoses(patients)
    today = timezone.localdate()
    return [(one, selectors.age(one, today), known.get(one.pk)) for one in patients]


def facts(patient: Patient) -> dict[str, Any]:
    """What the head of a page says about a patient."""
    return {
        "age": selectors.age(patient, timezone.localdate()),
        "diagnosis": selectors.diagnoses([patient]).get(patient.pk),
        "antibodies": selectors.antibodies(patient),
    }


def _course(patient: Patient) -> dict[str, Any]:
    today = timezone.localdate()
    treatments = selectors.treatments(patient)
    pfts = selectors.lung_function(patient)
    findings = selectors.findings_of(patient)
    function = readings.read(pfts, findings)
    return {
        "treatments": treatments,
        "ongoing": [one for one in treatments if selectors.on_treatment(one, today)],
        "events": selectors.course(patient),
        "function": function,
        "course": (course := trajectory(patient, today)),
        "trajectory": trajectories.panel(course, today),
        "function_panel": sessions.panel(pfts, function, findings),
        "pft_keys": keys.pft_keys(function),
    }


def scans(patient: Patient) -> dict[str, Any]:
    """The patient's CTs as the page shows them."""
    views = ct.with_words(ct.views(selectors.ct_studies(patient)))
    history = measured([patient.pk])[patient.pk]
    counted = _counted(history)
    # A CT without a date is in no history, and has its scores all the same.
    extents = goh.extents(list({one.pk: one for one in (*history, *ct.measured_of(views))}.values()))
    limits = repeatability.limits()
    views = scored.with_jobs(ct.with_changes(views, history, extents, limits))
    extents = {one.pk: extents[one.pk] for one in history if one.pk in extents}
    newest = _newest(views, counted, extents, limits)
    return {
        "cts": views,
        "newest": newest,
        "newest_before": _before(newest, views),
        "zone_steps": zones.STEPS,
        "history": history,
        "extents": extents,
        "simulated": len(history) - len(counted),
        "opened": next((view for view in views if view.row.quantification), None) or next(iter(views), None),
        "limits": limits,
        "ct_keys": keys.ct_keys(counted, extents, limits),
        "latest": counted[-1] if counted else None,
        "latest_limits": limits.all_of(counted[-1]) if counted else {},
        "newer": [view for view in views if _awaited(view, bool(history))],
        "lobes_estimated": any(view.row.quantification and _estimated(view) for view in views),
    }


def _newest(
    views: list[ct.CTView], counted: list[Quantification], extents: dict[int, goh.Extent], limits: Limits
) -> ct.CTView | None:
    """The latest measured CT as it stands at the top, with its changes since the first and the last one before it."""
    latest = counted[-1] if counted else None
    found = next((view for view in views if latest and view.row.quantification == latest), None)
    if latest is None or found is None or not (found.lobes or found.zones or found.levels):
        return None
    return replace(found, compared=with_first_and_last(history=counted, later=latest, extents=extents, limits=limits))


def _before(newest: ct.CTView | None, views: list[ct.CTView]) -> ct.CTView | None:
    """The last CT that the newest one is compared with."""
    if newest is None or newest.compared is None:
        return None
    earlier = newest.compared.pairs[-1].earlier
    return next((view for view in views if view.row.quantification == earlier), None)


def _timeline(patient: Patient, content: dict[str, Any]) -> timeline.Timeline | None:
    return timeline.build(
        patient,
        content["function"],
        content["history"],
        content["cts"],
        content["extents"],
        (content["treatments"], content["events"]),
        timezone.localdate(),
        content["course"],
        content["limits"],
    )


def _counted(history: list[Quantification]) -> list[Quantification]:
    """Measured CTs; simulated ones only where there are no others: the two are never compared."""
    return [one for one in history if not one.is_simulated] or history


def _awaited(view: ct.CTView, any_measured: bool) -> bool:
    """A CT without numbers, while the strip above shows those of another one."""
    return any_measured and view.row.quantification is None


def _estimated(view: ct.CTView) -> bool:
    one = view.row.quantification
    return bool(one and one.lobes_source == "prior")
