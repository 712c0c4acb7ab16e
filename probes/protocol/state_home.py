"""Find the folders where Lineman keeps its files: of the bot and the hub, and of a relay. Nothing is created.

`LINEMAN_HOME` sets both. Without it, a systemd service uses its own folder, and a user the one for state (XDG Base
Directory Specification).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HOME: Final = "LINEMAN_HOME"
RELAY_HOME: Final = "LINEMAN_RELAY_HOME"
SERVICE_HOME: Final = "STATE_DIRECTORY"  # systemd sets it to the folder of `StateDirectory=`

# The folder of `StateDirectory=lineman-relay`, and the only default before 0.2.0.
SYSTEM_RELAY: Final = Path("/var/lib/lineman-relay")


def state_home(environment: Mapping[str, str]) -> Path:
    """Return the folder for the files of the bot, the hub, and the terminal."""
    return _named(environment) or _service(environment, "lineman") or _of_user(environment)


def relay_home(environment: Mapping[str, str], system: Path = SYSTEM_RELAY) -> Path:
    """Return the folder of this host's relay. A relay that has its key in *system* stays there."""
    if home := environment.get(RELAY_HOME):
        return Path(home)
    if service := _service(environment, system.name):
        return service
    own = (_named(environment) or _of_user(environment)) / "relay"
    is_first = not _named(environment) and os.geteuid() == 0
    return system if is_first or (_has_key(system) and not _has_key(own)) else own


def _named(environment: Mapping[str, str]) -> Path | None:
    text = environment.get(HOME, "").strip()
    return Path(text) if text else None


def _service(environment: Mapping[str, str], name: str) -> Path | None:
    """Return systemd's folder if it is for us. A command that another service runs keeps out of that one's folder."""
    folder = Path(environment.get(SERVICE_HOME, "").partition(":")[0])
    return folder if folder.name == name else None


def _of_user(environment: Mapping[str, str]) -> Path:
    """Return the user's folder, or the current one for a user without a home."""
    base = Path(environment.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():  # the specification says to ignore it
        home = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.home() raises where there is no home)
        base = home / ".local" / "state"
    return base / "lineman" if base.is_absolute() else Path()


def _has_key(folder: Path) -> bool:
    try:
        return (folder / "key").exists()
    except OSError:  # a folder that only another user may read
        return True
