"""Where a relay's folder is."""

import os
from pathlib import Path

import pytest

from probes.protocol.state_home import relay_home


def test_relay_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own variable wins; a service has systemd's folder; a relay that was joined before stays where its key is."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    system, user = tmp_path / "lineman-relay", {"XDG_STATE_HOME": str(tmp_path)}
    named = user | {"LINEMAN_HOME": str(tmp_path / "named")}
    assert relay_home(named | {"LINEMAN_RELAY_HOME": "/srv/relay"}, system) == Path("/srv/relay")
    service = named | {"STATE_DIRECTORY": str(system)}
    assert relay_home(service, system) == system
    assert relay_home(named, system) == tmp_path / "named/relay"
    assert relay_home(user, system) == tmp_path / "lineman/relay"
    system.mkdir()
    (system / "key").touch()
    assert relay_home(user, system) == relay_home(named, system) == system
    (tmp_path / "named/relay").mkdir(parents=True)
    (tmp_path / "named/relay/key").touch()
    assert relay_home(named, system) == tmp_path / "named/relay"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert relay_home(user, tmp_path / "none") == tmp_path / "none"
