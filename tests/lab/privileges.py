"""Make a command on the relay run as an ordinary user: the words to put before it, and what it cannot write itself."""

import compileall
import os
import pwd
import stat
import sys
from pathlib import Path

USER = "nobody"
PACKAGES = ("bot", "knowledge", "probes")

# In the mount namespace that `ip netns exec` makes for each command: put an open directory over the closed one and
# show the interpreter in it, nothing else. $1 is the closed directory, $2 the interpreter's, $3 an empty place.
OPEN_UP = """mount --bind "$2" "$3" && mount -t tmpfs -o mode=755 lab "$1" && mkdir -p "$2" &&
mount --bind "$3" "$2" && shift 3 && exec "$@" """


def words(user: str, empty: Path) -> list[str]:
    """The words that turn root into *user* without capabilities; *empty* is a directory to mount on.

    If this Python is in a directory that others may not enter (root's home), the user gets access to it
    alone.
    """
    if user == "root":
        return []
    entry = pwd.getpwnam(user)
    ids = ["--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups"]
    drop = [
        "setpriv",
        *ids,
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
        "--pdeathsig",
        "KILL",
    ]
    home = Path(sys.base_prefix).resolve()
    closed = _closed(home)
    show = ["sh", "-c", OPEN_UP, "sh", str(closed), str(home), str(empty)] if closed else []
    return [*show, *drop, "--"]


def make_cache(folder: Path) -> None:
    """Make the folder for caches in *folder*, and give it to the relay's user."""
    entry = pwd.getpwnam(USER)
    (folder / "cache").mkdir(mode=0o700)
    os.chown(folder / "cache", entry.pw_uid, entry.pw_gid)


def compile_packages(repository: Path) -> None:
    """Write the compiled files into *repository*, so that no command compiles all of it anew."""
    for package in PACKAGES:
        compileall.compile_dir(repository / package, quiet=2)


def _closed(path: Path) -> Path | None:
    """The first directory on the path to *path* that others may not enter."""
    for directory in (*reversed(path.parents), path):
        if not directory.stat().st_mode & stat.S_IXOTH:
            return directory
    return None
