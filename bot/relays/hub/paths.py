"""Find the database, the signing key, and the control socket. Nothing is created.

They are in one folder: where `LINEMAN_DATABASE` is, else the folder for state. Before 0.2.0 it was the current folder:
files that are there are used until somebody moves them. Imports little, because every diagnosis needs the socket path.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.errors import UsageError
from bot.settings import SettingsReader
from bot.storage.address import MUST_BE, DatabaseAddress, parse_database
from probes.protocol.file_owner import is_planted
from probes.protocol.state_home import HOME, state_home

DATABASE: Final = "LINEMAN_DATABASE"
SOCKET: Final = "LINEMAN_HUB_SOCKET"
SIGNING_KEY: Final = "LINEMAN_SIGNING_KEY"

DEFAULT_DATABASE: Final = "lineman.db"
KEY_FILE: Final = "lineman-signing.key"
SOCKET_FILE: Final = "lineman-hub.sock"

# What only a bot or a hub makes. A database alone may be one with nothing but the runs of the terminal.
_OF_SERVICES: Final = (KEY_FILE, SOCKET_FILE, f"{DEFAULT_DATABASE}.lock")


def database_of(environment: Mapping[str, str]) -> DatabaseAddress:
    """Return the path of the database, or its address on PostgreSQL; `UsageError` for any other address."""
    return _address(environment) or state_folder(environment) / DEFAULT_DATABASE


def beside_database(environment: Mapping[str, str], name: str) -> Path:
    """Return the path of another file: next to a database file that is set, else in the folder for state."""
    address = _address(environment)
    return address.with_name(name) if isinstance(address, Path) else state_folder(environment) / name


def _address(environment: Mapping[str, str]) -> DatabaseAddress | None:
    get = SettingsReader(environment)
    address = get.parsed(DATABASE, parse_database, None, MUST_BE)
    get.check()
    return address


def socket_of(environment: Mapping[str, str]) -> Path:
    """Return the path of the hub's control socket."""
    given = SettingsReader(environment).text(SOCKET)
    return Path(given) if given else beside_database(environment, SOCKET_FILE)


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of all three files. `UsageError` if two folders have them and nothing says which counts."""
    home, here = state_home(environment), Path()
    if not _has_former_files(here) or _is_same(here, home):
        return home
    if not _is_taken(environment, home):
        return here
    if environment.get(HOME):
        return home
    raise UsageError(
        f"{home} and {here.absolute()} both have files of Lineman. Set {HOME} to the folder to use."
    )


def is_of_service(folder: Path) -> bool:
    """Tell whether a bot or a hub keeps its files in *folder*."""
    return any((folder / name).exists() for name in _OF_SERVICES)


def other_keys(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """List signing keys elsewhere: while there is one, no second key may be made."""
    if SettingsReader(environment).text(SIGNING_KEY):
        return ()
    path = beside_database(environment, KEY_FILE)
    others = (folder / KEY_FILE for folder in (Path(), state_home(environment)))
    found = (other for other in others if other.exists() and not is_planted(other))
    return tuple(other.absolute() for other in found if not _is_same(other, path))


def moving_note(environment: Mapping[str, str]) -> str:
    """Say how to move the files of the current folder to the folder for state; "" if nothing is to be moved."""
    if isinstance(_address(environment), Path) or state_folder(environment) != Path():
        return ""
    home, here = state_home(environment), Path().absolute()
    if not _has_former_files(here) or _is_same(here, home):
        return ""
    target = shlex.quote(str(home))
    steps = [f"mkdir -p -m 700 {target}"]
    if (home / DEFAULT_DATABASE).exists():
        steps.append(f"mkdir -m 700 {target}/terminal && mv {target}/{DEFAULT_DATABASE}* {target}/terminal/")
    names = (f"{DEFAULT_DATABASE}*" if (here / DEFAULT_DATABASE).exists() else "", _existing(here / KEY_FILE))
    files = " ".join(f"{shlex.quote(str(here))}/{name}" for name in names if name)
    command = " && ".join([*steps, f"mv {files} {target}/"])
    return (
        f"Lineman's files are in {here}. Their usual place is {home} now. To move them, stop the bot and the hub, "
        f"then run:\n  {command}\nTo leave them where they are, set {HOME}={shlex.quote(str(here))}."
    )


def _has_former_files(folder: Path) -> bool:
    paths = (folder / name for name in (DEFAULT_DATABASE, KEY_FILE))
    return any(path.exists() and not is_planted(path) for path in paths)


def _is_taken(environment: Mapping[str, str], home: Path) -> bool:
    is_named = bool(environment.get(HOME))
    return is_of_service(home) or (is_named and (home / DEFAULT_DATABASE).exists())


def _existing(path: Path) -> str:
    return path.name if path.exists() else ""


def _is_same(one_path: Path, other: Path) -> bool:
    try:
        return one_path.samefile(other)
    except OSError:
        return False
