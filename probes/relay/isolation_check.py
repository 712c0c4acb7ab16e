"""Find out whether the processes of plans can be kept from this relay's files: one that ends at once tries it."""

import errno
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ISOLATION: Final = "isolation"  # its name in the self-test

_LONGEST: Final = 5  # seconds, such as for a network drive that does not answer
_READ: Final = (
    255  # exit code of the process: it could read the key; an error number says why it could not try
)
_OPEN: Final = "the processes that run checks can read this relay's key"
_REASONS: Final[Mapping[int, str]] = {
    errno.ENOSYS: "this kernel has no Landlock (Linux 5.13 or later)",
    errno.EOPNOTSUPP: "Landlock is turned off on this host",
    errno.EPERM: "a sandbox around this relay forbids Landlock",
}


def check_isolation(folder: Path) -> str:
    """Return "" if `hide` keeps a process from the key in *folder*, else a sentence.

    Forked, and not imported here: an idle relay must not need memory for it. Call it before there are threads.
    """
    process = os.fork()
    if not process:
        code = _READ
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(_LONGEST)
            code = _try_to_read(folder)
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):  # systemd ends a process that makes a system call which is not allowed
        sandboxed = os.WTERMSIG(status) == signal.SIGSYS
        return f"{_OPEN}: {_REASONS[errno.EPERM] if sandboxed else 'the test of Landlock did not end'}"
    code = os.WEXITSTATUS(status)
    return f"{_OPEN}: {_REASONS.get(code, 'Landlock does not work here')}" if code else ""


def _try_to_read(folder: Path) -> int:
    """Return 0 if the key cannot be read, else an error number or `_READ`."""
    from probes.runner.isolation import hide  # 1 MB of memory, which goes with this process

    try:
        hide(folder)
    except OSError as error:
        return error.errno or _READ
    try:
        (folder / "key").read_bytes()
    except PermissionError:
        return 0
    except OSError as error:
        return error.errno or _READ
    return _READ
