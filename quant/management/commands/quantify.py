"""`quantify PATH --out DIR`: measure one chest CT from files; needs no database."""

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from patients.intake.assemble import Assembly, Refusal, SeriesGroup, gather
from patients.intake.quality import choose, inspect
from quant.engine.errors import UnusableInput
from quant.engine.identity import ENGINE_NAME

NIFTI = (".nii", ".nii.gz")
UNUSABLE = 2
# Intake's codes for files and series, in the words of the engine's table.
REFUSALS = {"not_ct": "not_ct", "secondary_capture": "not_ct", "dose_report": "not_ct", "localizer": "not_ct"}
FINDINGS = {
    "mixed_orientation": "mixed_geometry",
    "repeated_positions": "mixed_geometry",
    "colour": "not_hu",
    "short_coverage": "too_few_slices",
    "few_slices": "too_few_slices",
}


class Command(BaseCommand):
    """Writes quantification.json and three label maps; exit 2 with one line for input it cannot use."""

    help = "Quantify a chest CT: a DICOM folder, a multi-frame file, a zip, or a NIfTI in HU."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of the contract."""
        parser.add_argument("path", type=Path, help="DICOM folder or file, zip, or NIfTI in HU")
        parser.add_argument("--out", type=Path, required=True, help="folder for the result")
        others = "lungmask[:MODEL], bundle:FOLDER, nnunet:FOLDER or totalsegmentator draws parts first"
        parser.add_argument("--engine", default=ENGINE_NAME, help=f"default {ENGINE_NAME}; {others} (docs/engine.md)")
        parser.add_argument("--series", help="Series Instance UID, where the path holds several series")
        parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        parser.add_argument("--no-goh", action="store_true", help="leave the Goh levels out")
        parser.add_argument("--dicom", action="store_true", help="write DICOM SEG and SR into OUT/dicom too")
        parser.add_argument("--json", action="store_true", help="print the document, and nothing else, on stdout")

    def handle(self, *_: Any, **options: Any) -> None:
        """Measure and write, or say in one line why not."""
        try:
            text = _measure(options)
        except UnusableInput as error:
            if options["json"]:
                told = {"error": {"code": error.code, "detail": error.detail}}
                self.stdout.write(json.dumps(told, ensure_ascii=False))
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if options["json"]:
            self.stdout.write(text, ending="")
        else:
            self.stdout.write(f"{options['out']}: {_summary(json.loads(text))}")


def _measure(options: dict[str, Any]) -> str:
    """The document as JSON, its files written."""
    # The numeric libraries take seconds to import; --help and a wrong path need none of them.
    path: Path = options["path"]
    if not path.exists():
        raise UnusableInput("no_images", f"{path}: no such file or folder")
    from quant.engine.run import quantify, to_json, write
    from quant.engine.volume import load_dicom, load_nifti

    out: Path = options["out"]
    with tempfile.TemporaryDirectory(prefix="quantify-") as workdir:
        if path.name.lower().endswith(NIFTI):
            files: list[Path] = []
            if options["dicom"]:
                raise UnusableInput("no_dicom", f"{path.name}: DICOM objects need a DICOM source; leave --dicom out")
            volume = load_nifti(path)
        else:
            series = _series(path, gather([path], Path(workdir)), options["series"])
            files = [header.path for header in series.headers]
            volume = load_dicom(files)
        measured = quantify(volume, device=options["device"], engine=options["engine"], goh=not options["no_goh"])
        try:
            write(measured, out)
            if options["dicom"]:
                from quant.dicom_out.write import write as write_dicom

                write_dicom(measured, files, out)
        except OSError as error:
            raise UnusableInput("out", f"{out}: cannot be written: {error.strerror}") from error
    return to_json(measured)


def _series(path: Path, found: Assembly, wanted: str | None) -> SeriesGroup:
    """The series asked for, else the one that intake's rule chooses."""
    every = [series for study in found.studies for series in study.series]
    for refusal in found.refused:
        if every and not refusal.aside:
            sys.stderr.write(f"{refusal}\n")
    if not every:
        raise _no_image(path, found.refused)
    if wanted is None:
        choice = choose(every)
        return choice.series or _none_fits(every, choice.reason)
    for series in every:
        if series.series_uid == wanted:
            return series
    held = ", ".join(series.series_uid for series in every)
    raise UnusableInput("no_series", f"{path}: no series {wanted}; it holds {held}")


def _no_image(path: Path, refused: Sequence[Refusal]) -> UnusableInput:
    """Why nothing in the path is a CT image: by its first fault, else by the first file left aside."""
    if not refused:
        return UnusableInput("no_images", f"{path}: the folder is empty")
    first = next((r for r in refused if not r.aside), refused[0])
    code = REFUSALS.get(first.code, "no_images" if first.aside else "unreadable")
    others = f" and {len(refused) - 1} more files" if len(refused) > 1 else ""
    return UnusableInput(code, f"{first.path}: {first.detail}{others}; no CT image to measure")


def _none_fits(every: Sequence[SeriesGroup], reason: str) -> NoReturn:
    """Raise the engine's code where all series fail for one reason."""
    codes = {finding.code for series in every for finding in inspect(series) if finding.unfit}
    code = next(iter(codes)) if len(codes) == 1 else "no_series"
    raise UnusableInput(FINDINGS.get(code, code), reason)


def _summary(document: dict[str, Any]) -> str:
    lungs, quality = document["lungs"], document["quality"]
    codes = ", ".join(w["code"] for w in quality["warnings"])
    state = "accepted" if quality["accepted"] else "needs review"
    lesion = document["lesion_percent"]
    return (
        f"lungs {lungs['volume_ml']:.0f} mL, lesion {'not measured' if lesion is None else f'{lesion:.1f} %'}, "
        f"severity {document['severity']['total']} of 25 (lobes by {document['lobes_source']}); {state}"
        + (f"; {codes}" if codes else "")
    )
