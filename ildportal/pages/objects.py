"""The DICOM objects of a measurement, handed to those who may see the patient."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from ildportal import access
from quant.dicom_out import files
from quant.models import Quantification

NAMES = {
    "seg-lungs.dcm": "lungs (SEG)",
    "seg-lobes.dcm": "lobes (SEG)",
    "seg-patterns.dcm": "patterns (SEG)",
    "seg-airways.dcm": "airways (SEG)",
    "seg-vessels.dcm": "vessels (SEG)",
    files.REPORT: "all numbers (SR)",
}


@dataclass(frozen=True, slots=True)
class Link:
    file: str
    words: str


def links(one: Quantification) -> list[Link]:
    """Those that there are; simulated numbers have none."""
    return [Link(name, NAMES[name]) for name in held(one)]


def held(one: Quantification) -> tuple[str, ...]:
    return files.held(settings.STORAGE / one.label_path) if one.label_path and not one.is_simulated else ()


def answer(one: Quantification | None, name: str) -> FileResponse:
    """One object as a file to keep; Http404 alike for no such object and for a patient of another site."""
    if one is None or name not in held(one):
        raise Http404("no such DICOM object")
    path = settings.STORAGE / one.label_path / files.FOLDER / name
    study = one.series.study
    known = [study.patient.code if study.patient else "", study.date.isoformat() if study.date else "", name]
    saved = "_".join(part.replace("/", "-") for part in known if part)
    response = FileResponse(path.open("rb"), as_attachment=True, filename=saved, content_type="application/dicom")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
def download(request: HttpRequest, pk: int, name: str) -> FileResponse:
    seen = access.quantifications_for(request.user).select_related("series__study__patient")
    return answer(seen.filter(pk=pk).first(), name)
