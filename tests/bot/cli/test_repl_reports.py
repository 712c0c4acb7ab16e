"""In the conversation on a terminal a report is read from a file or as it is pasted, beside the last case."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from bot.cli.repl_reports import file_named, find_report, pasted_whole
from bot.errors import UsageError
from tests.bot.cli.test_interactive import Terminal
from tests.bot.cli.test_main import ROOT, lineman
from tests.bot.intake.samples import SAMPLES

DIG = (
    "; <<>> DiG 9.18.1 <<>> {host}\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n\n"
    ";; QUESTION SECTION:\n;{host}.\tIN\tA\n"
)
READ = "A preflight report of the JavaScript SDK"


async def test_file_and_pasted_json(tmp_path: Path) -> None:
    """A file by its name, JSON on one line and over many, output of a tool: each is read, and can be asked about."""
    report = tmp_path / "my report.json"
    report.write_text(json.dumps(SAMPLES["javascript"]()))
    dig = DIG.format(host="voice-js.roaming.twilio.com")
    typed = [
        f"preflight {report}",
        "why?",
        "how do you know?",
        json.dumps(SAMPLES["javascript"]()),
        json.dumps(SAMPLES["javascript"](), indent=2),
        f"preflight -\n{dig}.",
        "what is a preflight test?",
    ]
    ended, out, err = await lineman(typed="\n".join(typed))
    assert (ended, err) == (0, "")
    assert out.count(READ) == 3
    assert "[1] the checks of this case" in out
    assert "Report of the SDK's own test on device: read" in out
    assert "To run checks from this host as well: /diagnose 31009 javascript" in out
    assert "Output of dig about voice-js.roaming.twilio.com" in out
    assert "counts when it is pasted with the words" in out
    assert "\n[1] Preflight test of the JavaScript SDK: https://" in out


async def test_what_is_no_report_is_named() -> None:
    """Other JSON, a file that is not there, a value that never ends: a sentence, and the talk goes on."""
    typed = ['{"name":"x","version":"1","dependencies":{}}', "preflight gone.json", '{"a":', "help"]
    typed[3:3] = ["."]
    ended, out, err = await lineman(typed="\n".join(typed))
    assert (ended, err) == (0, "")
    assert "This is a package.json" in out
    assert "gone.json\u201d cannot be read: No such file" in out
    assert "preflight FILE" in out


async def test_on_a_terminal() -> None:
    """A report of more than 4096 bytes on one line is taken whole from a terminal, too."""
    report = json.dumps(SAMPLES["javascript"]())
    assert len(report) > 5_000
    terminal = Terminal()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli.main"),
        cwd=ROOT,
        env=os.environ
        | {"TERM": "xterm", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "LINEMAN_VANTAGE": "unknown"},
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
    )
    os.close(terminal.slave)
    try:
        await terminal.read_until("lineman> ")
        typing = asyncio.create_task(asyncio.to_thread(terminal.type, f"{report}\n"))
        await terminal.read_until("Measured ")
        await typing
        await terminal.read_until("leaves it open.")
        terminal.type("\nquit\n")
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal.master)


def test_brackets_decide_what_is_whole() -> None:
    """Lines are read until brackets are closed, those within quotes not counted; a dot or the end ends it, too."""
    lines = iter(['"a": "}]",', '"b": [1, "\\"{"]', "}", "after"])
    assert json.loads(pasted_whole("{", lambda: next(lines, None))) == {"a": "}]", "b": [1, '"{']}
    assert next(lines) == "after"
    assert pasted_whole("why { is this", lambda: pytest.fail("read on")) == "why { is this"
    assert pasted_whole("{", iter(["1", ".", "2"]).__next__) == "{\n1"
    assert pasted_whole("[", lambda: None) == "["


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("preflight report.json", "report.json"),
        ('/preflight "a/b"', "a/b"),
        ("preflight dig.txt on the user's device", "dig.txt"),
        ("preflight -", "-"),
        ("preflight on ios", ""),
        ("preflight", ""),
        ("preflights are what?", ""),
    ],
)
def test_files_are_told_from_questions(line: str, name: str) -> None:
    """`preflight` with what looks like a file names it; with other words it is a question."""
    assert file_named(line) == name


def test_words_are_no_report() -> None:
    """Stories and questions stay what they are; JSON that is something else is refused with its name."""
    assert find_report("no audio on VPN, and it says (31005) in the log of the app") is None
    with pytest.raises(UsageError, match="package"):
        find_report('{"name": "x", "version": "1", "dependencies": {}}')
