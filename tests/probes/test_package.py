"""The relay is its own package: its wheel has the probes, and starts without our other packages."""

import os
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

from probes.checks import PROBES
from probes.protocol.version import __version__


def test_wheel_of_the_relay_stands_alone(tmp_path: Path) -> None:
    """Only `probes` is in it, the policy too, and it runs from there."""
    wheel = runpy.run_path("packaging/relay/build.py")["build"](tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        assert "probes/policy.yaml" in archive.namelist()
        assert "probes/checks/udp_media.py" in archive.namelist()
        assert f"lineman_relay-{__version__}.dist-info/licenses/LICENSE" in archive.namelist()
        archive.extractall(tmp_path / "site")
    assert {top for top in tops if not top.endswith(".dist-info")} == {"probes"}
    code = (
        "import probes, probes.__main__; from probes.relay.subprocess_runner import probe_names\n"
        "print(probes.__file__, *probe_names())"
    )
    place = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=place, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith(str(tmp_path))
    assert "udp_media" in ended.stdout


def test_idle_relay_loads_no_more_than_it_needs() -> None:
    """Until the first plan there is neither a probe nor a library that only probes, or the hub, need."""
    unwanted = {"aiohttp", "dns", "email", "certifi", "cryptography.x509", "ctypes", "http", "yaml"}
    unwanted |= {f"probes.checks.{name}" for name in (*PROBES, "context", "targets")}
    code = f"import sys, probes.__main__; print(sorted({unwanted} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
