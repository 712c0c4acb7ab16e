"""Tell whether another user owns a file that this process is about to trust. Such a user can change it at any time."""

import os
import pwd
import shlex
from pathlib import Path
from typing import Final

_ROOT: Final = 0
_OVERFLOW: Final = Path("/proc/sys/kernel/overflowuid")  # user_namespaces(7)
_NAMESPACE: Final = Path("/proc/self/uid_map")
# Everybody, as the first user namespace of a host maps them.
_ALL: Final = ["0", "0", "4294967295"]


def foreign_owner_note(path: Path) -> str:
    """Return a sentence if another user owns *path*, or the link that is there, with how to mend it; else "".

    A file that does not exist has no owner. OSError if the folder cannot be entered.
    """
    for option, found in (("-h ", path.lstat), ("", path.stat)):
        try:
            owner = found().st_uid
        except FileNotFoundError:
            return ""
        if is_foreign(owner):
            link = option if path.is_symlink() else ""
            command = f"chown {link}{_name(os.geteuid())} {shlex.quote(str(path))}"
            return (
                f"{path} belongs to another user ({_name(owner)}), who can change it. If you trust its content, run "
                f"as root: {command}"
            )
    return ""


def is_foreign(user: int) -> bool:
    """Return whether the user id is neither this process's nor root's.

    For root, nobody is foreign: it reads files of services, and of the user who started its container.
    """
    own = os.geteuid()
    return user not in (_ROOT, own) and own != _ROOT and not _is_unknown(user)


def is_planted(path: Path) -> bool:
    """Return whether *path* exists, and somebody else put it into a folder that is not theirs.

    For root, somebody is a user who owns the file and not the folder.
    """
    try:
        owner, folder = path.lstat().st_uid, path.absolute().parent.stat().st_uid
    except OSError:
        return False
    return is_foreign(owner) or (os.geteuid() == _ROOT and owner not in (_ROOT, folder))


def _is_unknown(user: int) -> bool:
    """Return whether the kernel shows *user* for every user outside this namespace, such as the root of the host."""
    try:
        overflow = int(_OVERFLOW.read_text(encoding="ascii"))
        first = _NAMESPACE.read_text(encoding="ascii").split()
    except (OSError, ValueError):  # another system than Linux
        return False
    return user == overflow and first != _ALL


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
