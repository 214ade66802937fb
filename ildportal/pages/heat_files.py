"""The pictures of heat maps, handed to those who may see the patient."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from ildportal import access
from ildportal.pages.pictures import png
from quant import heat
from quant.models import Quantification


@require_safe
def picture(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    return answer(request, access.quantifications_for(request.user).filter(pk=pk).first(), name)


def answer(request: HttpRequest, one: Quantification | None, name: str) -> HttpResponseBase:
    """One PNG; Http404 alike for no such picture and for a patient of another site."""
    if one is None or not one.label_path or name not in heat.FILES:
        raise Http404("no such heat map")
    folder = settings.STORAGE / one.label_path
    found, file = heat.read(folder), folder / heat.FOLDER / name
    if found is None or found.reason or not file.is_file():
        raise Http404("no such heat map")
    return png(request, file, found.version)
