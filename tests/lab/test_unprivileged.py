"""What runs on the relay has no privileges: no root, no capabilities, no way to get any."""

import pytest

from tests.lab.lab import Lab

pytestmark = [pytest.mark.root, pytest.mark.lab]


def test_relay_command_has_no_capability(lab: Lab) -> None:
    """A command on the relay is an ordinary user whose five capability sets are all empty."""
    with lab.scenario("healthy") as situation:
        status = situation.run(["cat", "/proc/self/status"]).stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65534"] * 4
    assert fields["Groups"].split() == []
    sets = {name: int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    assert sets == dict.fromkeys(sets, 0)
    assert fields["NoNewPrivs"] == "1"


def test_relay_command_cannot_open_a_raw_socket(lab: Lab) -> None:
    """What needs a capability fails there: the probes have to live without raw sockets."""
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"
    with lab.scenario("healthy") as situation:
        ran = situation.run(["python3", "-c", code])
    assert ran.returncode == 1
    assert "PermissionError" in ran.stderr


def test_nothing_of_the_callers_environment_reaches_the_relay(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command on the relay sees no variable of the test run but PATH and TERM; the lab sets the others."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    with lab.scenario("healthy") as situation:
        printed = situation.run(["env"]).stdout
    names = {line.partition("=")[0] for line in printed.splitlines()}
    assert names == {
        *("PATH", "HOME", "LC_ALL", "PYTHONDONTWRITEBYTECODE", "TERM", "XDG_CACHE_HOME", "LINEMAN_VANTAGE")
    }
