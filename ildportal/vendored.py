"""Static files that come inside a Python package: plotly.js lies in the wheel of plotly, no npm is needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

SOURCE = "plotly.min.js"


@cache
def plotly_js() -> str:
    """Its static name; the version in it lets browsers keep the file for ever."""
    return f"plotly-{version('plotly')}/{SOURCE}"


@cache
def _folder() -> Path:
    # find_spec of the top package imports nothing; importing plotly would cost every start.
    found = find_spec("plotly")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the package plotly is not installed: run `make setup`")
    return Path(found.submodule_search_locations[0]) / "package_data"


class PlotlyFinder(BaseFinder):
    """Finds that one file for `{% static %}`, collectstatic and WhiteNoise."""

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        found = str(_folder() / SOURCE) if path == plotly_js() else None
        return ([found] if found else []) if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, FileSystemStorage]]:  # noqa: ARG002
        storage = FileSystemStorage(location=_folder())
        storage.prefix = plotly_js().split("/", maxsplit=1)[0]  # type: ignore[attr-defined]
        yield SOURCE, storage
