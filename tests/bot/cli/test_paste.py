"""Lines that are pasted into the conversation are one message, with and without marks around the paste."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from bot.cli.repl_reports import begins_value, find_report
from bot.cli.typed_input import is_command
from tests.bot.cli.test_interactive import Terminal
from tests.bot.cli.test_main import ROOT, lineman
from tests.bot.small_world import small_world
from tests.turnserver import Coturn

# Every line alone is a story about a token; together they name the code.
CONSOLE: Final = (
    "> Asking for a token ...",
    "> The token has come.",
    "",
    "> Setting the device up",
    "> Device error: AccessTokenInvalid (20101): unable to validate your Access Token",
)
LATER: Final = (
    "12:01:07 [TwilioVoice][Device] Received error",
    "12:01:07 JWTTokenExpiredError (31205): the token has ended",
)
NOT_ACCEPTED: Final = "Found: The access token is not valid"
EXPIRED: Final = "Found: The access token has expired"
OFFERED: Final = "Type a number."


@asynccontextmanager
async def conversation(term: str, **environment: str) -> AsyncIterator[Terminal]:
    """A conversation on a terminal of the kind *term*; it must end by itself."""
    terminal = Terminal()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli.main"),
        cwd=ROOT,
        env=os.environ
        | {"TERM": term, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        | {"LINEMAN_VANTAGE": "unknown"}
        | environment,
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
    )
    os.close(terminal.slave)
    try:
        async with asyncio.timeout(60):
            yield terminal
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal.master)


def marked(lines: tuple[str, ...]) -> str:
    """What a terminal sends for a paste of *lines* where the program asks for marks, and Enter."""
    return "\x1b[200~" + "\r".join(lines) + "\x1b[201~\r"


@pytest.mark.parametrize("term", ["xterm", "dumb"])
async def test_a_paste_is_one_message(term: str) -> None:
    """At the prompt, and at an open question, where it begins another case; marked by the terminal or not."""
    async with conversation(term) as terminal:
        start = await terminal.read_until("lineman> ")
        assert ("\x1b[?2004h" in start) is (term == "xterm")
        terminal.type(marked(CONSOLE) if term == "xterm" else "\r".join(CONSOLE) + "\r")
        assert OFFERED not in await terminal.read_until(NOT_ACCEPTED)
        await terminal.read_until("leaves it open.")
        terminal.type(marked(LATER) if term == "xterm" else "\r".join(LATER) + "\r")
        between = await terminal.read_until(EXPIRED)
        assert OFFERED not in between
        assert "is not an answer" not in between
        terminal.type("quit\r")


async def test_a_pipe_is_one_message() -> None:
    """Unless one of its lines is a command: then each line is a message."""
    code, out, err = await lineman(typed="\n".join(CONSOLE))
    assert (code, err) == (0, "")
    assert NOT_ACCEPTED in out
    assert OFFERED not in out
    _, out, _ = await lineman(typed="\n".join((*CONSOLE, "quit", *LATER)))
    assert OFFERED in out
    assert EXPIRED not in out


async def test_a_ticket_number_is_no_value() -> None:
    """Words after brackets are a message like any other."""
    code, out, err = await lineman(typed="[internal ticket 4711] what is a TURN server?\n")
    assert (code, err) == (0, "")
    assert "JSON" not in out
    assert "TURN is a relay for media." in out


@pytest.mark.parametrize(
    "text",
    [
        "[internal ticket 4711] the customer's phones are silent on the VPN",
        "[Error] WebSocket connection to the gateway failed, and so on",
        "[1201/100102.123:ERROR:ssl_client_socket.cc] handshake failed, -201",
        "{see above} nobody can hear anything, in the whole office in Berlin",
    ],
)
def test_brackets_begin_prose(text: str) -> None:
    """Logs, tickets, and notes begin with brackets, too."""
    assert not begins_value(text)
    assert find_report(text) is None


@pytest.mark.parametrize(
    "text", ['{"a": 1', "{", "{ code = 31005;", "{a: 1}", '[{"a"', "[", "[[", '["a"', "[]"]
)
def test_values(text: str) -> None:
    """JSON, objects of a console, and dumps of Objective-C."""
    assert begins_value(text)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/diagnose 31009", True),
        ("quit", True),
        ("help", True),
        ("preflight report.json", True),
        ("preflight -", True),
        ("help does not come", False),
        ("preflight failed on iOS.", False),
        ("/diagnosed by our team", False),
        ("31009", False),
    ],
)
def test_commands_in_a_script(line: str, command: bool) -> None:
    """Only what nothing but a command looks like."""
    assert is_command(line) is command


LOG: Final = (
    "12:01:07 [TwilioVoice][Call] Received an error from the gateway: ConnectionError (31005): Error sent from "
    "gateway in HANGUP\n    at PStream.onMessage (pstream.ts:163:1)\n"
)


async def test_a_log_is_evidence_in_its_diagnosis(tmp_path: Path, turn_server: Coturn) -> None:
    """By `diagnose -` and `diagnose TEXT`: the code's own line proves a cause that no relay can see."""
    async with small_world(tmp_path, turn_server) as world:
        network = world.network()
        _, typed, _ = await lineman("diagnose", LOG, "--json", "--network", network)
        _, piped, _ = await lineman("diagnose", "-", "--json", "--network", network, typed=LOG)
        _, plain, _ = await lineman("diagnose", "31005", "--json", "--network", network)
    assert [cause["id"] for cause in json.loads(typed)["found"]] == ["call-outcome"]
    assert json.loads(piped)["found"] == json.loads(typed)["found"]
    assert json.loads(plain)["found"] == []


async def test_the_first_question_takes_no_paste_for_an_answer(tmp_path: Path) -> None:
    """Who pastes at the question where this machine is gets the paste read, and is asked again the next time."""
    async with conversation("xterm", XDG_CONFIG_HOME=str(tmp_path), LINEMAN_VANTAGE="") as terminal:
        await terminal.read_until("asked once")
        await terminal.read_until("> ")
        terminal.type(marked(CONSOLE))
        await terminal.read_until(NOT_ACCEPTED)
        await terminal.read_until("leaves it open.")
        terminal.type("quit\r")
    assert not list(Path(tmp_path).rglob("settings.json"))  # noqa: ASYNC240 - a look at an empty folder
