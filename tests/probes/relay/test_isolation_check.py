"""A relay finds out whether its key can be kept from the processes of its plans, and says so where it cannot."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from probes.relay.isolation_check import check_isolation
from tests.environment import unmeasured

# As containers and service managers do: a filter that answers landlock_create_ruleset (444) with the third argument.
SANDBOX = """
import ctypes, os, struct, sys
load, compare, end = 0x20, 0x15, 0x06
program = b"".join(struct.pack("=HBBI", *line) for line in (
    (load, 0, 0, 0), (compare, 0, 1, 444), (end, 0, 0, int(sys.argv[1])), (end, 0, 0, 0x7FFF0000),
))
buffer = ctypes.create_string_buffer(program)
filter = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(buffer)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter) == 0
os.execv(sys.executable, [sys.executable, "-m", "probes", *sys.argv[2:]])
"""
ERRNO, KILL = 0x00050000, 0x80000000
OPEN = "isolation: the processes that run checks can read this relay's key: "


def joined(home: Path) -> Path:
    """The folder of a relay, with a hub that need not be there."""
    from probes.protocol.invitation import Invitation
    from probes.protocol.keys import Identity
    from probes.relay.state_dir import StateDir

    state = StateDir(home)
    state.usual_policy()
    state.identity(new=True)
    state.joined(Invitation("ws://127.0.0.1:9/relay", "token", Identity.new().key))
    return home


def relay(*words: str, answer: int | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a relay's command, in a sandbox if *answer* is what it does instead of the system call."""
    command = ["-m", "probes", *words] if answer is None else ["-c", SANDBOX, str(answer), *words]
    return subprocess.run(
        [sys.executable, *command], env=unmeasured(), capture_output=True, text=True, check=False, timeout=60
    )


def test_where_it_works(tmp_path: Path) -> None:
    """The command says that it is fine, if this kernel has Landlock."""
    home = joined(tmp_path)
    if reason := check_isolation(home):
        pytest.skip(reason)
    assert "\nisolation: fine\n" in relay("check", "--home", str(home)).stdout


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ERRNO | errno.ENOSYS, "this kernel has no Landlock (Linux 5.13 or later)"),
        (ERRNO | errno.EOPNOTSUPP, "Landlock is turned off on this host"),
        (ERRNO | errno.EPERM, "a sandbox around this relay forbids Landlock"),
        (KILL, "a sandbox around this relay forbids Landlock"),
        (ERRNO | errno.ENOMEM, "Landlock does not work here"),
    ],
)
def test_where_it_does_not(tmp_path: Path, answer: int, reason: str) -> None:
    """One line says so and why; the relay works as before."""
    done = relay("check", "--home", str(joined(tmp_path)), answer=answer)
    assert f"\n{OPEN}{reason}\n" in done.stdout
    assert done.returncode == 0, done.stderr
