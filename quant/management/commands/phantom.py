"""`phantom --out DIR`: a synthetic chest CT of known truth as a DICOM series; needs no database."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

UNUSABLE = 2
PATTERNS = ("ground_glass", "consolidation", "reticulation", "honeycombing", "emphysema")


class Command(BaseCommand):
    """Writes one file a slice into DIR and DIR-truth.json beside it; exit 2 with one line for what it cannot make."""

    help = "Make a chest CT phantom: DICOM slices in --out, its truth in a JSON file beside that folder."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who is scanned, how, and with which disease."""
        parser.add_argument("--out", type=Path, required=True, help="folder for the slices")
        person = parser.add_argument_group("person")
        person.add_argument("--seed", type=int, default=0, help="the same seed is the same person (default 0)")
        person.add_argument("--sex", default="F", help="F or M (default F)")
        person.add_argument("--age", type=float, default=60.0, help="years (default 60)")
        person.add_argument("--height", type=float, default=168.0, help="cm (default 168)")
        person.add_argument("--patient-id", help="default PHANTOM-<seed>")
        person.add_argument("--issuer", default="", help="issuer of the patient ID")
        person.add_argument("--study-date", default="2024-01-15", help="YYYY-MM-DD (default 2024-01-15)")
        scan = parser.add_argument_group("scan")
        scan.add_argument("--slices", type=int, help="default: what covers the lungs")
        scan.add_argument("--thickness", type=float, help="mm (default 1, or what covers the lungs)")
        scan.add_argument("--matrix", type=int, default=512, help="rows and columns (default 512)")
        scan.add_argument("--kernel", default="medium", help="soft, medium or sharp (default medium)")
        scan.add_argument("--noise", type=float, default=18.0, help="SD in HU (default 18)")
        scan.add_argument("--breath", type=float, default=1.0, help="1 full inspiration .. 0 expiration (default 1)")
        scan.add_argument("--streaks", action="store_true", help="horizontal streaks between the shoulders")
        disease = parser.add_argument_group("disease, in percent of the lungs")
        for pattern in PATTERNS:
            disease.add_argument(f"--{pattern.replace('_', '-')}", type=float, default=0.0, metavar="PERCENT")

    def handle(self, *_: Any, **options: Any) -> None:
        """Make and write, or say in one line why not."""
        # The numeric libraries take a second to import; --help needs none of them.
        from quant.training.phantom import PhantomError

        out: Path = options["out"]
        try:
            self.stdout.write(_write(out, options))
        except PhantomError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        except OSError as error:
            raise CommandError(f"{out}: cannot be written: {error.strerror}", returncode=UNUSABLE) from error


def _write(out: Path, options: dict[str, Any]) -> str:
    """The phantom on disk; one line about it."""
    from quant.training.phantom import Disease, PhantomError, Scan, Subject, make, truth_path, write_dicom

    subject = Subject(options["seed"], options["sex"], options["age"], options["height"])
    scan = Scan(
        slices=options["slices"],
        thickness=options["thickness"],
        kernel=options["kernel"],
        noise_hu=options["noise"],
        breath=options["breath"],
        matrix=options["matrix"],
        streaks=options["streaks"],
    )
    disease = Disease(**{pattern: options[pattern] for pattern in PATTERNS})
    studied = _date(options["study_date"])
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PhantomError(f"{out}: not an empty folder")
    out.mkdir(parents=True, exist_ok=True)
    phantom = make(subject, scan, disease)
    paths = write_dicom(
        phantom,
        out,
        patient_id=options["patient_id"] or f"PHANTOM-{subject.seed}",
        issuer=options["issuer"],
        birth_date=date(studied.year - int(subject.age_years), 1, 1),
        study_date=studied,
    )
    truth = phantom.truth
    return (
        f"{out}: {len(paths)} slices, lungs {truth['lungs']['volume_ml']:.0f} mL, "
        f"lesion {truth['lesion_percent']:.1f} %; truth in {truth_path(out)}"
    )


def _date(text: str) -> date:
    from quant.training.phantom import PhantomError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PhantomError(f"--study-date must be YYYY-MM-DD, not {text}") from None
