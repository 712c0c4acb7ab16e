"""The relay is a package of its own: its wheel holds the probes, and starts without anything else of ours."""

import os
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path


def test_wheel_of_the_relay_stands_alone(tmp_path: Path) -> None:
    """Only `probes` is in it, the policy too, and it runs from there."""
    wheel = runpy.run_path("packaging/relay/build.py")["build"](tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        assert "probes/policy.yaml" in archive.namelist()
        assert "probes/checks/udp_media.py" in archive.namelist()
        archive.extractall(tmp_path / "site")
    assert {top for top in tops if not top.endswith(".dist-info")} == {"probes"}
    code = "import probes, probes.__main__; print(probes.__file__, *probes.__main__.probe_names())"
    place = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=place, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith(str(tmp_path))
    assert "udp_media" in ended.stdout
