"""The command line: exit codes, sentences instead of tracebacks, JSON that keeps its schema."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from bot.cli.main import INTERRUPTED, OUTPUT_FAILED, PIPE_CLOSED, main
from probes.protocol.version import __version__
from tests.bot.small_world import SmallWorld, small_world
from tests.fakes import silence, tcp_server
from tests.turnserver import Coturn

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/schemas/diagnosis.schema.json").read_text("utf-8"))
COMMAND = (sys.executable, "-m", "bot.cli.main")
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("TWILIO_", "LINEMAN_"))}


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    async with small_world(tmp_path, turn_server) as world:
        yield world


async def lineman(*words: str, typed: str = "", **environment: str) -> tuple[int | None, str, str]:
    """Run the command as its users do; gives exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        cwd=ROOT,
        env=CLEAN | {"PYTHONIOENCODING": "utf-8"} | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(typed.encode())
    return process.returncode, out.decode(), err.decode()


def refused(world: SmallWorld) -> str:
    """Write a network file whose signaling gateways refuse."""
    services = [one | {"port": 1} if one["id"] == "signaling" else one for one in world.content["services"]]
    return world.network(services=services)


async def outcome(world: SmallWorld, wanted: str) -> tuple[int | None, str, str]:
    match wanted:
        case "found":
            return await lineman("diagnose", "31009", "js", "--network", refused(world), "--json")
        case "clear":
            return await lineman("diagnose", "31009", "--json", "--network", world.network())
    path = world.network()
    return await lineman("diagnose", "31009", "ios", "--vantage", "reference", "--json", "--network", path)


@pytest.mark.parametrize(("wanted", "code"), [("found", 0), ("clear", 1), ("unclear", 3)])
async def test_outcomes(world: SmallWorld, wanted: str, code: int) -> None:
    """Each outcome has its exit code, and its JSON is what the published schema says."""
    ended, out, err = await outcome(world, wanted)
    assert (ended, err) == (code, "")
    answer: dict[str, Any] = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    assert answer["outcome"] == wanted
    assert len(answer["preflight"]) == (1 if wanted != "clear" else 4)
    assert answer["observations"]


async def test_for_people(world: SmallWorld) -> None:
    """In a pipe the answer is plain lines: what was found first, then why, what to do, and all the rest."""
    code, out, err = await lineman(
        "diagnose", "31009", "ios", "--network", refused(world), "--all", "--vantage", "user-network"
    )
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    told = [
        "Blocked: Connections to the signaling gateways.",
        "Customer",
        "Do this",
        "Firewall",
        "Evidence",
        "the connection was refused",
        "Why",
        "What to do",
        "Firewall admin",
        "\nRuled out",
        "\nNot checked",
        "checks from this machine (user's network) against Small World",
        "Firewall rules",
        "The SDK's own test, inside the app: iOS",
        "Every check",
    ]
    places = [out.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)


async def test_ascii_terminal(world: SmallWorld) -> None:
    """A terminal without these characters gets others, and no error."""
    network = world.network()
    code, out, err = await lineman("diagnose", "31009", "ios", "--network", network, PYTHONIOENCODING="ascii")
    assert (code, err) == (1, "")
    assert out.isascii()
    assert "No problem found on this machine's network" in out


USAGE = [
    (["diagnos"], "did you mean diagnose?"),
    (["--verbos"], "is not an option of lineman"),
    (["zzyzx"], "is not a command; see them all with `lineman --help`"),
    (["diagnose"], "such as: lineman diagnose 31009 ios"),
    (["diagnose", "31090"], "did you mean 31009, "),
    (["diagnose", "31009", "io"], "did you mean ios?"),
    (["diagnose", "31009", "--edge", "frankfort"], "did you mean frankfurt"),
    (["diagnose", "31009", "--edge", "dublin", "--edge", "tokyo"], "edge is given twice"),
    (["diagnose", "31009", "--edge"], "Expected one argument".casefold()),
    (["diagnose", "31009", "--relay", "lokal"], "did you mean local?"),
    (["diagnose", "31009", "--turn", "perhaps"], "is not an answer for turn"),
    (["diagnose", "31009", "--sdk-version", "2.0"], "sdk-version also needs a platform"),
    (["diagnose", "31009", "ios", "--sdk-version", "two"], "is not a version"),
    (["diagnose", "31009", "--vantage", "home"], "is not a vantage"),
    (["diagnose", "31009", "--vebose"], "did you mean --verbose?"),
    (["diagnose", "31009", "--network", "/nowhere/at/all.yaml"], "there is no such file"),
    (["diagnose", "31009", "--network", "/"], "is not a file"),
    (["diagnose", "31009", "--network", ""], "needs the path of a network file"),
    (["diagnose", "31009", "--network", "a\0b"], "there is no such file"),
    (["diagnose", "31009", "x" * 5000], "The request is longer than"),
    (["diagnose", "31009", "\x1b]0;x\x07"], "unprintable characters"),
    (["knowledge"], "is not a knowledge command"),
    (["knowledge", "tee"], "did you mean tree?"),
    (["knowledge", "tree"], "Write `lineman knowledge tree CODE`"),
    (["knowledge", "tree", "31010"], "did you mean 31009"),
    (["knowledge", "tree", "31009", "--format", "svg"], "is not a format"),
    (["knowledge", "tree", "31009", "--platform", "windows"], "is not a platform"),
    (["knowledge", "tree", "31009", "--edge", "mars"], "is not an edge"),
    (["knowledge", "show", "signaling-blokked"], "did you mean signaling-blocked"),
    (["knowledge", "check", "--fast"], "is not an option of knowledge"),
]


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[" ".join(words)[:40] for words, _ in USAGE])
def test_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be meant gets one clear sentence on stderr and exit code 2."""
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert err.startswith("lineman: ")
    assert err.strip().isprintable()


def test_usage_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asked for JSON gets the sentence as JSON too."""
    assert main(["diagnose", "31090", "--json"]) == 2
    out, err = capsys.readouterr()
    answer = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    assert err == f"lineman: {answer['error']}\n"


def test_broken_network_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every mistake in a network file is told with file and line."""
    path = tmp_path / "network.yaml"
    path.write_text("id: x\ntitel: y\n")
    assert main(["diagnose", "31009", "--network", str(path)]) == 2
    assert f"{path}:2: unknown key" in capsys.readouterr().err


def test_wrong_environment(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A variable that cannot be read is a usage error, without what stands in it."""
    monkeypatch.setenv("LINEMAN_ICE_SERVERS", "a-secret")
    assert main(["diagnose", "31009"]) == 2
    err = capsys.readouterr().err
    assert "LINEMAN_ICE_SERVERS" in err
    assert "a-secret" not in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--help"], "lineman diagnose CODE"),
        (["--version"], "lineman "),
        (["knowledge", "list"], "signaling-blocked"),
        (["knowledge", "show", "signaling-blocked"], "Shown by"),
        (["knowledge", "show", "31009"], "31009"),
        (["knowledge", "show", "ios"], "TwilioVoiceSDK"),
        (["knowledge", "show", "vpn"], "VPN"),
        (["knowledge", "tree", "31009", "--platform", "js"], "31009 on javascript"),
        (["knowledge", "tree", "31009", "--platform", "ios", "--format", "mermaid"], "flowchart LR"),
        (["knowledge", "tree", "31009", "--platform", "ios", "--format", "dot"], "digraph"),
    ],
)
def test_shows(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands that only show something end with 0."""
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert told in out
    assert err == ""


@pytest.mark.parametrize("words", [["diagnose", "--help"], ["knowledge", "--help"]])
def test_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help ends with 0, and names the options that the knowledge asks people for."""
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0
    assert ("--sdk-version V" in capsys.readouterr().out) is (words[0] == "diagnose")


async def test_conversation(world: SmallWorld) -> None:
    """Lines are cases, help or quit; what is wrong is told and the talk goes on; its end is no error."""
    typed = "help\nwhy?\n/diagnose 31010\n/diagnose 31009 js vpn=no turn=no\n"
    code, out, err = await lineman("--network", world.network(), typed=typed)
    assert (code, err) == (0, "")
    for told in (
        "/diagnose CODE",
        "I don't know",
        "did you mean 31009",
        "No problem found on this machine's network",
    ):
        assert told in out
    assert await lineman("--network", world.network(), typed="quit\n/diagnose 31010\n") == (0, "", "")


async def test_stories_and_choices(world: SmallWorld) -> None:
    """A close story offers three and none by number; a clear one goes ahead; questions after it are about it."""
    typed = "wifi trouble\n9\n4\nrings and connects, then silence\nhow do I fix it?\nmoin\n"
    typed += "/diagnose no audio on the vpn\n"
    code, out, err = await lineman("--network", world.network(), typed=typed)
    assert (code, err) == (0, "")
    for told in (
        "4 none of these",
        "Type a number from 1 to 4.",
        "Then say more",
        "Sounds like: UDP to the media ports is blocked.",
        "No error code given, so I'm assuming",
        "[1] Network requirements of the Voice SDKs: https://",
        "I did not understand that.",
        "Sounds like: the VPN blocks calls.",
    ):
        assert told in out


async def test_a_code_of_another_product(world: SmallWorld) -> None:
    """Where no check helps, the answer says where to continue, and so does the entry of the code."""
    _, out, _ = await lineman("diagnose", "31904", "--network", world.network())
    assert "Check that server, and its address in the TwiML." in " ".join(out.split())
    _, out, _ = await lineman("knowledge", "show", "31904")
    assert "Where to continue" in out


async def test_text_from_standard_input() -> None:
    """`-` reads the standard input, whatever its bytes."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "understand", "-", "--json",
        cwd=ROOT, env=CLEAN | {"PYTHONIOENCODING": "utf-8"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(b"connected \xff\xfe but silence\n")
    assert process.returncode == 0
    assert json.loads(out)["causes"][0]["id"] == "media-udp-blocked"


@pytest.mark.unmeasured
async def test_diagnose_a_story(world: SmallWorld) -> None:
    """`diagnose` takes a story in place of a code and says how it was read; a slip of two words stays a slip."""
    network = world.network()
    code, out, err = await lineman(
        "diagnose", "no audio on VPN", "--vpn", "no", "--network", network, "--json"
    )
    assert code in (0, 1, 3)
    assert json.loads(out)["request"]["code"] == "53405"
    assert "Sounds like: the VPN blocks calls." in err
    code, _, err = await lineman("diagnose", "andriod blah", "--network", network)
    assert code == 2
    assert "did you mean android?" in err
    code, _, err = await lineman("diagnose", "the cat sat on the mat", "--network", network)
    assert code == 2
    assert "Nothing is tested." in err


def at_a_terminal() -> None:
    """Heed Ctrl-C. What a background shell starts ignores it, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def stopped(world: SmallWorld, how: signal.Signals | None) -> tuple[int | None, str]:
    """Start a case that hangs in TLS, and stop it once the first line is there."""
    async with tcp_server(silence) as port:
        services = [
            one | {"port": port} if one["id"] == "signaling" else one for one in world.content["services"]
        ]
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "diagnose", "31009", "js", "--network", world.network(services=services),
            cwd=ROOT, env=CLEAN, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            preexec_fn=at_a_terminal,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        await process.stdout.readline()
        if how is not None:
            process.send_signal(how)
        else:
            process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]  # as `head` leaves
        err = await process.stderr.read()
        return await process.wait(), err.decode()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, INTERRUPTED), (None, PIPE_CLOSED)])
async def test_interrupted(world: SmallWorld, how: signal.Signals | None, code: int) -> None:
    """Ctrl-C and a closed pipe end the run at once and quietly."""
    assert await stopped(world, how) == (code, "")


@pytest.mark.parametrize(
    ("redirection", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")]
)
async def test_output_that_cannot_be_written(redirection: str, why: str) -> None:
    """A full or closed standard output has a sentence and an exit code of its own, which no verdict has."""
    for words in ("version", "ask 'what is a relay'", "--help"):
        process = await asyncio.create_subprocess_shell(
            f"{' '.join(COMMAND)} {words} {redirection}", cwd=ROOT, env=CLEAN, stderr=asyncio.subprocess.PIPE
        )
        _, err = await process.communicate()
        assert process.returncode == OUTPUT_FAILED, err
        assert err.decode() == (
            f"lineman: Could not write to standard output: {why}. Send it to a terminal or a file with space left.\n"
        )


@pytest.mark.unmeasured
async def test_a_terminal_without_a_width_gets_the_whole_answer() -> None:
    """COLUMNS=0 is what some schedulers and editors set."""
    usual = await lineman("ask", "what is a relay", COLUMNS="80")
    assert await lineman("ask", "what is a relay", COLUMNS="0") == usual
    assert len(usual[1]) > 100


async def test_version_is_the_same_in_every_form() -> None:
    """The command, its JSON and the option print the one version of the packages."""
    assert await lineman("version") == (0, f"lineman {__version__}\n", "")
    assert await lineman("--version") == (0, f"lineman {__version__}\n", "")
    code, out, _ = await lineman("version", "--json")
    assert (code, json.loads(out)) == (0, {"version": __version__})
    assert (await lineman("version", "--jsn"))[0] == 2
