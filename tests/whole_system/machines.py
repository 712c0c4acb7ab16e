"""Machines in one network: a network namespace for each, joined by a switch; they are removed in any case."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.lab import leftovers
from tests.lab.namespaces import Namespaces
from tests.machine import Machine

_NET: Final = "10.78.0"
_SWITCH: Final = "switch"
_CUT: Final = """
table inet cut {{
    chain received {{ type filter hook input priority 0; ip saddr {{ {addresses} }} drop; }}
    chain sent {{ type filter hook output priority 0; ip daddr {{ {addresses} }} drop; }}
}}
"""


class Machines:
    """The machines by name. No device of theirs appears on the host."""

    def __init__(self, folder: Path, namespaces: Namespaces, names: Sequence[str]) -> None:
        self.folder, self._namespaces = folder, namespaces
        self._machines = {
            name: Machine(
                f"{_NET}.{number}", partial(namespaces.command, name), partial(namespaces.inside, name)
            )
            for number, name in enumerate(names, 1)
        }

    def __getitem__(self, name: str) -> Machine:
        return self._machines[name]

    def cut(self, name: str, others: Sequence[str]) -> None:
        """Drop every packet between a machine and *others*, without a word to either side."""
        addresses = ", ".join(self._machines[other].host for other in others)
        self._namespaces.load_rules(name, _CUT.format(addresses=addresses))

    def mend(self, name: str) -> None:
        """Let all packets of a machine pass again."""
        self._namespaces.load_rules(name, "flush ruleset\n")

    def make(self) -> None:
        """Create and connect them; RuntimeError if that fails."""
        make: Callable[..., Any] = self._namespaces._make  # what the fault lab does for its own places
        ports = [f"to-{name}" for name in self._machines]
        links = [(name, "eth0", _SWITCH, port) for name, port in zip(self._machines, ports, strict=True)]
        joined = "\n".join(f"link set {port} master bridge\nlink set {port} up" for port in ports)
        setup = {
            _SWITCH: f"link add bridge type bridge forward_delay 0 stp_state 0\nlink set bridge up\n{joined}"
        }
        setup |= {
            name: f"addr add {machine.host}/24 dev eth0\nlink set eth0 up"
            for name, machine in self._machines.items()
        }
        make([_SWITCH, *self._machines], links, setup)


@contextmanager
def machines(*names: str) -> Iterator[Machines]:
    """Make them, and remove them with everything that still runs there."""
    leftovers.clean()
    tag = leftovers.new_tag()
    folder = Path(tempfile.mkdtemp(prefix=f"lm_{tag}_"))
    leftovers.record(tag, folder)
    try:
        made = Machines(folder, Namespaces(tag), names)
        made.make()
        yield made
    finally:
        leftovers.remove(tag, folder)
