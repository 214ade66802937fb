"""docs/api.md says what there is: every resource, every method, every code with its unit."""

from __future__ import annotations

from patients.codes import SHIPPED
from tests.api.test_access import EXTRAS, NAMED, RESOURCES, ROUTES
from tests.workers import REPOSITORY

PAGE = (REPOSITORY / "docs" / "api.md").read_text()


def test_every_resource_stands_in_the_table_with_its_methods() -> None:
    for resource in RESOURCES:
        line = next(line for line in PAGE.splitlines() if line.startswith("| `/") and f"`/{resource}/`" in line)
        said = line.rsplit("|", 2)[1].strip()
        methods = [
            one.upper() for one in ("post", "patch", "delete") if any(r[0] == resource and r[2] == one for r in ROUTES)
        ]
        assert said == ", ".join(methods), resource


def test_what_belongs_to_one_object_stands_there_too() -> None:
    for resource, of_it in EXTRAS:
        key, path = "code" if resource == "patients" else "id", of_it
        for name in NAMED.values():
            path = path.replace(name, "{name}")
        assert f"| `/{resource}/{{{key}}}/{path}/` |" in PAGE


def test_every_code_stands_there_with_its_unit() -> None:
    for one in SHIPPED:
        line = next(line for line in PAGE.splitlines() if f"| `{one.code}` |" in line)
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert (cells[0], cells[3], cells[4]) == (one.system, one.unit, f"{one.low:g} to {one.high:.0f}"), one.code
