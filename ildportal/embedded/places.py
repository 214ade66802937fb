"""Where a home keeps its data and its sockets, and under which account its servers run.

Everything here is computed from the path alone, so that settings know the addresses before any server runs.
"""

from __future__ import annotations

import hashlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT_HOME = Path("/var/lib/ildportal")
PORT = 5432  # only names the socket file, nothing listens on TCP
# sockaddr_un holds 107 bytes; the longest name that PostgreSQL appends is "/.s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")


class EmbeddedError(Exception):
    """The embedded services cannot run; the message is one sentence with the reason and the way out."""


@dataclass(frozen=True)
class Account:
    """Who the servers run as: None for the caller's own account."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Places:
    """The folders of one home."""

    home: Path
    services: Path
    sockets: Path
    logs: Path
    account: Account


def default_home() -> Path:
    """ILDPORTAL_HOME, else `var` in the repository; for root a folder that PostgreSQL's account can reach."""
    given = os.environ.get("ILDPORTAL_HOME", "").strip()
    if given:
        return Path(given).expanduser().absolute()
    return ROOT_HOME / _short_hash(REPOSITORY) if _is_root() else REPOSITORY / "var"


def database_url(home: Path) -> str:
    """The libpq URL of a home's database, through its unix socket."""
    return f"postgresql://ildportal@/ildportal?host={quote(str(_sockets(home)))}&port={PORT}"


def broker_url(home: Path) -> str:
    """The kombu URL of a home's Valkey, through its unix socket."""
    return f"redis+socket://{quote(str(_sockets(home) / 'valkey.sock'))}?virtual_host=0"


def places(home: Path) -> Places:
    """The folders of a home; EmbeddedError when root finds no unprivileged account."""
    home = home.absolute()
    services = _services(home)
    return Places(home, services, _sockets(home), services.parent / "logs", _account())


def create(found: Places) -> None:
    """Makes the folders of a home; EmbeddedError when one cannot be made or is not ours."""
    try:
        for folder in (found.home, found.services.parent, found.logs):
            _make(folder, 0o711 if _is_root() else 0o700)
        for folder in (found.services, found.sockets):
            _make(folder, 0o700)
            found.account.own(folder)
            _refuse_foreign(folder)
    except OSError as error:
        raise EmbeddedError(
            f"{error.filename or found.home} cannot be used for the embedded services ({error.strerror}): "
            "choose another folder with ILDPORTAL_HOME"
        ) from None


def _make(folder: Path, mode: int) -> None:
    """Creates a folder with this mode whatever the umask; parents that were missing let everyone through."""
    if folder.is_dir():
        return
    _make(folder.parent, 0o755)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)


def _refuse_foreign(folder: Path) -> None:
    """A socket folder below /tmp could have been put there by somebody else."""
    state = folder.lstat()
    owner = _account().uid
    if folder.is_symlink() or state.st_uid != (os.geteuid() if owner is None else owner):
        raise EmbeddedError(f"{folder} belongs to another user: remove it or set another ILDPORTAL_HOME")
    folder.chmod(0o700)


def _services(home: Path) -> Path:
    """Where the servers' own files lie: in the home, unless root's servers could not reach it there."""
    home = home.absolute()
    if _is_root() and not _open_to_all(home):
        home = ROOT_HOME / _short_hash(home)
    return home / "services"


def _sockets(home: Path) -> Path:
    """The services folder, or a short one where that is too long for a socket or holds a list separator."""
    services = _services(home)
    if len(os.fsencode(services)) <= LONGEST_SOCKET_FOLDER and not set(',"') & set(str(services)):
        return services
    return Path("/tmp") / f"ildportal-{os.geteuid()}-{_short_hash(services)}"  # noqa: S108


def _open_to_all(folder: Path) -> bool:
    """True when any user may pass through every existing part of this path."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents) if part.exists())


def _account() -> Account:
    if not _is_root():
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root and this machine has no account 'nobody': start as another user"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _is_root() -> bool:
    return os.geteuid() == 0


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
