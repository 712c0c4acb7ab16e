"""Keep this process out of one folder by Landlock, which Linux has since 5.13 and which needs no privilege.

The process cannot read or change a file in the folder, nor look into processes outside, which have the same user. Code
that reads hostile network data runs like this, so that nobody who takes it over gets the relay's key.
"""

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

# linux/landlock.h. New system calls have the same number on every architecture of Linux that runs relays.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION: Final = 1  # flag of _CREATE_RULESET: return the version of the interface
_PATH_BENEATH: Final = 1  # kind of a rule
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_CHANGE_DIR: Final = 0x1FF << 4  # make and remove entries of every kind
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # versions 2 and 3
_OF_FILES: Final = _WRITE_FILE | _READ_FILE | _TRUNCATE
_NO_NEW_PRIVILEGES: Final = 38  # linux/prctl.h; the kernel asks for it first


def hide(folder: Path) -> None:
    """Deny this process, and all that it starts, the files in *folder*; folders in it stay. OSError if impossible.

    Landlock can only allow. So everything beside *folder* is allowed, at each level from the root down to it. What
    is made at one of these levels later is denied as well.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    rights = _rights(_call(libc, _CREATE_RULESET, None, 0, _VERSION))
    attributes = struct.pack("=Q", rights)
    rules = _call(libc, _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in _allowed(folder.resolve()):
            with suppress(OSError):  # it is gone, or not ours to open: then it stays denied
                _allow(libc, rules, path, rights)
        if libc.prctl(_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0))):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        _call(libc, _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _rights(version: int) -> int:
    """Return the rights that are denied unless a rule allows them: all that this kernel knows about files."""
    rights = _WRITE_FILE | _READ_FILE | _READ_DIR | _CHANGE_DIR
    return rights | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)


def _allowed(folder: Path) -> Iterator[str]:
    """List what is beside *folder* and its parents, the folders in it, and where Python is.

    A file in *folder* may be a link: then the file that it leads to is left out as well.
    """
    hidden = (folder, *_links(folder))
    way = {str(path) for item in hidden for path in (item, *item.parents)}
    for level in {folder, *(parent for item in hidden for parent in item.parents)}:
        with suppress(OSError), os.scandir(level) as entries:
            for entry in entries:
                if entry.path not in way and (level != folder or entry.is_dir(follow_symlinks=False)):
                    yield entry.path
    for path in (*sys.path, sys.prefix, sys.base_prefix):  # a level that cannot be listed may lead there
        real = Path(path).resolve()
        if str(real) not in way and real.parent != folder:
            yield str(real)


def _links(folder: Path) -> list[Path]:
    """Return the files to which links in *folder* lead."""
    targets = [path.resolve() for path in folder.iterdir() if path.is_symlink()]
    return [target for target in targets if not target.is_dir()]


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    """Allow all *rights* below *path*, unless it is a link: what counts is where that leads."""
    beneath = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        mode = os.fstat(beneath).st_mode
        if stat.S_ISLNK(mode):
            return
        rights = rights if stat.S_ISDIR(mode) else rights & _OF_FILES
        _call(libc, _ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, beneath), 0)
    finally:
        os.close(beneath)


def _call(libc: ctypes.CDLL, number: int, *values: int | bytes | None) -> int:
    words = (ctypes.c_long(value) if isinstance(value, int) else value for value in values)
    result = int(libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
