"""The pictures of a measured CT: which there are and what to say beside them, and the files themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from ildportal import access
from quant import album
from quant.album import Album, Picture
from quant.models import Quantification
from quant.models.measures import PATTERNS

# A picture drawn anew has another version, so one address always shows the same.
FOR_EVER, ASK_EACH_TIME = "private, max-age=31536000, immutable", "private, no-cache"
# Disease of the connective tissue begins at the bases.
FIRST_SHOWN = ("level-5", album.CORONAL)
TUBES, GENERATIONS = ("airways", "vessels"), 5
INKS = {"ground_glass": "ggo", "consolidation": "con", "reticulation": "ret", "honeycombing": "hc", "emphysema": "emp"}


@dataclass(frozen=True, slots=True)
class Ink:
    """A line of the legend: pattern and the suffix of its colour's class."""

    pattern: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """`shown` is the picture that is large at first, `outside` the levels that the scan does not hold.

    tubes: "airways" and "vessels", as far as a picture has a mask of them.
    """

    album: Album
    there: list[Picture]
    outside: list[Picture]
    shown: str
    inks: list[Ink]
    tubes: list[str]

    @property
    def generations(self) -> range:
        """Steps of the airways' ink, the trachea first."""
        return range(GENERATIONS)


def viewer(one: Quantification) -> Viewer | None:
    """None where nothing was drawn."""
    if one.is_simulated or not one.label_path:
        return None
    found = album.read(settings.STORAGE / one.label_path)
    there = [picture for picture in found.pictures if picture.is_there] if found else []
    if found is None or not there:
        return None
    names = [picture.name for picture in there]
    marked = {pattern for picture in there for pattern in picture.patterns}
    met = {kind for picture in there for kind in picture.tubes}
    return Viewer(
        album=found,
        there=there,
        outside=[picture for picture in found.pictures if not picture.is_there],
        shown=next((name for name in FIRST_SHOWN if name in names), names[0]),
        inks=[Ink(name, INKS[name]) for name in PATTERNS if name in marked],
        tubes=[kind for kind in TUBES if kind in met],
    )


@require_safe
def picture(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """One PNG; Http404 alike for no such picture and for a patient of another site."""
    found = access.quantifications_for(request.user).filter(pk=pk).first()
    if found is None or name not in album.FILES:
        raise Http404("no such picture")
    folder = settings.STORAGE / found.label_path
    held = album.read(folder)
    file = folder / album.FOLDER / name
    if held is None or not file.is_file():
        raise Http404("no such picture")
    return png(request, file, held.version)


def png(request: HttpRequest, file: Path, version: str) -> HttpResponseBase:
    """A file of a set with a version: kept for ever under the address that names it, asked for anew under others."""
    etag = quote_etag(f"{version}-{file.name}")
    response = get_conditional_response(request, etag=etag) or FileResponse(file.open("rb"), content_type="image/png")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = FOR_EVER if request.GET.get("v") == version else ASK_EACH_TIME
    return response
