"""With LINEMAN_LOG_FORMAT=json, each line of a process is one JSON object without secrets."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.errors import UsageError
from bot.settings import read_log_format
from probes.relay.subprocess_runner import _environment
from tests.environment import unmeasured

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "x\n2026-01-01 INFO forged\r\x1b[2J\x7f\u2028\ud800"
SCRIPT = """
import logging, sys
from bot.logs import write_log
write_log("INFO", "json")
log = logging.getLogger("bot.hub")
log.info("%s", HOSTILE)
log.warning("password=%s of +1 415 555 0100", "hunter-7788")
try:
    raise ValueError("password=hunter-7788 " + HOSTILE)
except ValueError:
    log.exception("failed")
"""


def lines(*words: str, **environment: str) -> list[dict[str, Any]]:
    """What a process of ours writes to standard error, one object per line."""
    ran = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=unmeasured() | environment, capture_output=True, timeout=60
    )
    text = ran.stderr.decode("ascii")
    assert all(line.isprintable() for line in text.splitlines())
    return [json.loads(line) for line in text.splitlines()]


def test_bot_and_hub() -> None:
    """A stranger's bytes begin no line, and secrets and phone numbers are removed as in text."""
    first, second, third = lines("-c", SCRIPT.replace("HOSTILE", ascii(HOSTILE)))
    assert first["message"] == HOSTILE.replace("\ud800", "\\ud800")
    assert (first["level"], first["logger"]) == ("INFO", "bot.hub")
    assert second["message"] == "password=[password removed] of [phone number removed]"
    assert third["message"] == "failed"
    assert "ValueError" in third["traceback"]
    assert "hunter-7788" not in str((second, third))


def test_relay(tmp_path: Path) -> None:
    """What ends a relay is a line of JSON, too."""
    (line,) = lines("-m", "probes", "--home", str(tmp_path / "none"), LINEMAN_LOG_FORMAT="JSON")
    assert line["level"] == "ERROR"
    assert "Has this relay joined a hub?" in line["message"]


def test_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of a check logs in the same format, and still gets no other setting."""
    monkeypatch.setenv("LINEMAN_LOG_FORMAT", " JSON")
    monkeypatch.setenv("LINEMAN_RELAY_PROXY", "http://bob:sesame@proxy.example:3128")
    passed = {name: value for name, value in _environment().items() if name.startswith("LINEMAN_")}
    assert passed == {"LINEMAN_LOG_FORMAT": "json"}


def test_format_that_is_unknown() -> None:
    """The message names the variable and the formats."""
    with pytest.raises(UsageError, match=r"LINEMAN_LOG_FORMAT must be text or json\."):
        read_log_format({"LINEMAN_LOG_FORMAT": "xml"})
    assert read_log_format({"LINEMAN_LOG_FORMAT": "JSON"}) == "json"
