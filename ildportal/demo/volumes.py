"""Phantom scans of the showcase patients: made once, kept in the home, brought in like any other CT."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import call_command

from ildportal.demo import cohort, showcase
from ildportal.demo.load import ISSUER
from ildportal.demo.people import YEAR
from ildportal.demo.records import Fact, Person, Volume
from patients import services
from patients.models import CTStudy, Source

if TYPE_CHECKING:
    from quant.training.phantom import Disease, Scan, Subject

# Fine enough for the engine to see patterns, coarse enough to be made in seconds: 1.4 x 1.4 x 2.5 mm.
MATRIX, THICKNESS_MM = 256, 2.5
# As in quant.training.phantom.truth_path: beside the folder of the slices.
SLICES, TRUTH = "dicom", "dicom-truth.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """One scan that a showcase patient had, and what was read of it. `age` at the first: the anatomy of all of them."""

    person: Person
    seed: int
    age: float
    volume: Volume
    reading: Fact | None = None

    @property
    def name(self) -> str:
        return f"{self.person.code}-{self.volume.day}"

    def recipe(self) -> tuple[Subject, Scan, Disease]:
        from quant.training.phantom import Disease, Scan, Subject

        sex: Any = self.person.sex
        subject = Subject(self.seed, sex, round(self.age, 1), self.person.height_cm)
        scan = Scan(thickness=THICKNESS_MM, matrix=MATRIX, kernel="soft", breath=self.volume.breath)
        return subject, scan, Disease(**asdict(self.volume.disease))


def plans(until: date) -> list[Plan]:
    """Every phantom scan of a cohort that ends on `until`, patient by patient, oldest first."""
    found = []
    for story in showcase.STORIES:
        record = showcase.record(story, cohort.SEED, until)
        for volume in sorted(record.volumes, key=lambda one: one.day):
            age = (record.volumes[0].day - record.person.birth_date).days / YEAR
            reading = next((one for one in record.readings if one.values["scan"] == volume.day), None)
            found.append(Plan(record.person, int(story.code.split("-")[1]), age, volume, reading))
    return found


def bring(plan: Plan, home: Path, say: Callable[[str], None]) -> None:
    """Makes the scan unless it is kept in `home`, and imports it unless it is on record."""
    if not on_record(plan):
        output = io.StringIO()
        call_command("import_dicom", str(make(plan, home, say) / SLICES), json=True, stdout=output)
        outcome = json.loads(output.getvalue())["summary"]
        say(f"{plan.name}: {outcome['new']} slices imported, waiting for the worker")
    read(plan)


def read(plan: Plan) -> None:
    """The invented reader's word on the scan, unless it is on record."""
    if plan.reading is None:
        return
    said = dict(plan.reading.values)
    scan, prior = (_study(plan, said.pop(name)) for name in ("scan", "prior"))
    if scan is not None and not scan.assessments.exists():
        services.assess_ct(scan, prior_study=prior, source=Source.DEMO, **said)


def _study(plan: Plan, day: date | None) -> CTStudy | None:
    return CTStudy.objects.filter(patient__code=plan.person.code, date=day).first() if day else None


def on_record(plan: Plan) -> bool:
    return CTStudy.objects.filter(patient__code=plan.person.code, date=plan.volume.day).exists()


def make(plan: Plan, home: Path, say: Callable[[str], None]) -> Path:
    """The folder of the scan: `dicom/` and its truth. Half-made ones have another name and are made anew."""
    folder = place(plan, home)
    if truth(plan, home) is not None:
        return folder
    from quant.training import phantom

    say(f"{plan.name}: making a chest of {MATRIX} x {MATRIX} pixels and {THICKNESS_MM} mm slices")
    partial = folder.with_name(f".{folder.name}.partial")
    for old in (folder, partial):
        shutil.rmtree(old, ignore_errors=True)
    made = phantom.make(*plan.recipe())
    phantom.write_dicom(
        made,
        partial / SLICES,
        patient_id=plan.person.code,
        issuer=ISSUER,
        sex=plan.person.sex,
        birth_date=plan.person.birth_date,
        study_date=plan.volume.day,
    )
    return partial.rename(folder)


def place(plan: Plan, home: Path) -> Path:
    return home / "volumes" / plan.name


def truth(plan: Plan, home: Path) -> dict[str, Any] | None:
    """What is known of a kept scan (`series_uid`, `truth`); None when it is not there or of another recipe."""
    path = place(plan, home) / TRUTH
    if not path.is_file():
        return None
    told: dict[str, Any] = json.loads(path.read_text())
    wanted = json.loads(json.dumps([asdict(part) for part in plan.recipe()]))
    return told if [told["subject"], told["scan"], told["disease"]] == wanted else None


def missing(until: date) -> Iterator[Plan]:
    """Those not on record yet."""
    return (plan for plan in plans(until) if not on_record(plan))
