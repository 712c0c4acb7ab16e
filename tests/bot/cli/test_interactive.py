"""The answer as people read it: what is said for each outcome, and the talk on a real terminal."""

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli import interactive
from bot.cli.interactive import meaning
from bot.diagnosis.engine import load_engine
from bot.diagnosis.ice_servers import IceServers
from bot.diagnosis.plan import make_plan
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.errors import UsageError
from bot.model.request import Request
from bot.rendering.failure_text import SENTENCES
from bot.rendering.marks import BAD, NEUTRAL, OK, mark
from bot.rendering.terminal.console import Line, fit, to_text
from bot.rendering.terminal.diagnosis import render_change, render_question
from bot.rendering.terminal.multi_relay import render_parts
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.verdict_text import brief, short_verdict
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.conclusions import Answered, Diagnosis, Finding, Judged, NextQuestion
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK, Observation
from tests.bot.small_world import SmallWorld, small_world
from tests.turnserver import Coturn

ROOT = Path(__file__).parents[3]
KNOWLEDGE = load_knowledge()
NETWORK = load_network()


def record(request: Request, failures: dict[str, Failure], vantage: str = USER_NETWORK) -> RunRecord:
    """A case in which the looks of each probe ended as *failures* says; the others worked."""
    problem = prepare(request, KNOWLEDGE, NETWORK)
    plan = make_plan(problem.cases, NETWORK, IceServers())
    seen = {
        step.id: Observation(step.id, step.probe, step.target, failures.get(step.probe))
        for step in plan.steps
    }
    answers = problem.answers(seen, request.answers, vantage)
    diagnosis = problem.diagnosis(answers, seen)
    return RunRecord(
        request,
        "twilio",
        "d" * 64,
        "local",
        vantage,
        "none",
        plan,
        seen,
        answers,
        diagnosis,
        0.0,
        {"total": 420.0},
    )


def text(case: RunRecord, *parts: str) -> str:
    """The short answer, and *parts* after it."""
    view = make_view(case, KNOWLEDGE, NETWORK)
    short = ShortAnswer(case, view, KNOWLEDGE)
    return to_text([*short.head(), *short.tail(), *render_parts([case], [view], NETWORK, parts)])


def test_found() -> None:
    """A found cause comes first, with its customer's words, its evidence and its fixes by who makes them."""
    dns = dict.fromkeys(("dns", "stun", "nat", "edges"), Failure.DNS_NXDOMAIN_ERROR)
    others = dict.fromkeys(("tcp", "tls", "websocket", "http", "turn"), Failure.SKIPPED)
    case = record(Request("31009", "javascript"), dns | others)
    told = text(case)
    assert told.startswith(f"Blocked: {KNOWLEDGE.causes['dns-failing'].title}.")
    assert SENTENCES[Failure.DNS_NXDOMAIN_ERROR] in told
    assert "{" not in told
    assert "Device.runPreflight" not in told
    assert "Device.runPreflight" in text(case, "preflight")


def test_not_checked_is_grouped() -> None:
    """Causes that wait for the same answer are listed under it once."""
    dns = dict.fromkeys(("dns", "stun", "nat", "edges"), Failure.DNS_TIMEOUT_ERROR)
    others = dict.fromkeys(("tcp", "tls", "websocket", "http", "turn"), Failure.SKIPPED)
    told = text(record(Request("31009", "ios"), dns | others), "details")
    below = told.split("\nNot checked")[1].split("\n\n")[0]
    assert below.count(KNOWLEDGE.questions["signaling-dns"].asks) == 1
    assert below.count("\N{BULLET}") > 5


def test_reference() -> None:
    """An answer from a reference relay says so, and rules nothing out."""
    case = record(Request("31009", "ios"), {}, REFERENCE)
    assert text(case).startswith("Could not tell: this machine is not in the user's network.")
    assert "0 causes ruled out" in text(case)
    told = text(case, "details")
    assert "checks from this machine (reference) against" in told
    assert "\nRuled out" not in told


def test_next_question() -> None:
    """The next question is part of the answer with the options to answer it, unless it is asked right away."""
    case = record(Request("31009", "javascript"), {})
    assert case.diagnosis.next_question
    asked = case.diagnosis.next_question
    view = make_view(case, KNOWLEDGE, NETWORK)
    assert f"{asked.ask} Add --{asked.option} yes or --{asked.option} no." in text(case)
    assert asked.ask not in to_text(ShortAnswer(case, view, KNOWLEDGE, asks=True).tail())


@pytest.mark.parametrize(
    ("printed", "more"),
    [
        ((), "More: --details --preflight"),
        (("details",), "More: --preflight"),
        (("details", "preflight"), ""),
        (("all",), ""),
    ],
)
def test_only_what_is_left_is_offered(printed: tuple[str, ...], more: str) -> None:
    """The last line names the options for the rest, without those that were given."""
    case = record(Request("31009", "javascript"), {})
    view = make_view(case, KNOWLEDGE, NETWORK)
    last = to_text(ShortAnswer(case, view, KNOWLEDGE, printed=printed).tail()).rstrip().splitlines()[-1]
    assert last.endswith(more or " s.")


def test_preflight_without_platform() -> None:
    """Without a platform each SDK's test is printed on request; what all share is said once."""
    case = record(Request("31009"), {})
    assert "How to read the report" not in text(case)
    told = text(case, "preflight")
    guides = make_view(case, KNOWLEDGE, NETWORK).preflight
    assert all(guide.call in told for guide in guides)
    shared = [each for each in guides[0].needs if all(each in guide.needs for guide in guides)]
    assert all(told.count(each) == 1 for each in shared)


def test_everything_has_every_observation() -> None:
    """With `all` every part is printed, and every single observation."""
    told = text(record(Request("31009", "ios"), {}), "all")
    places = [
        told.index(part) for part in ("Ruled out", "lineman allowlist ios", "inside the app", "Every check")
    ]
    assert places == sorted(places)


FINDING = Finding("a", "TURN is blocked", "certain", (), ())
JUDGED = Judged("b", "The window is shut", "")
DIAGNOSIS = Diagnosis("31009", ("ios",), "unclear")


@pytest.mark.parametrize(
    ("diagnosis", "said"),
    [
        (replace(DIAGNOSIS, outcome="found", found=(FINDING,)), "Blocked: TURN is blocked"),
        (
            replace(DIAGNOSIS, outcome="found", found=(replace(FINDING, confidence="likely"),)),
            "Blocked: TURN is blocked (probably)",
        ),
        (replace(DIAGNOSIS, outcome="found", found=(FINDING, FINDING)), "Blocked: 2 causes found"),
        (
            replace(DIAGNOSIS, outcome="found", found=(replace(FINDING, impact="degrades"),)),
            "Degraded: TURN is blocked",
        ),
        (replace(DIAGNOSIS, outcome="clear"), "No problem found"),
        (replace(DIAGNOSIS, possible=(JUDGED,)), "Could not tell: one cause is possible"),
        (replace(DIAGNOSIS, possible=(JUDGED, JUDGED)), "Could not tell: 2 causes are possible"),
        (replace(DIAGNOSIS, not_checked=(JUDGED,)), "Could not tell: some causes could not be checked"),
        (
            replace(DIAGNOSIS, unexplained=("x",)),
            "Could not tell: a check failed, and no known cause explains it",
        ),
        (
            replace(DIAGNOSIS, unexplained=("x", "y", "z"), tolerated=("z",)),
            "Could not tell: 2 checks failed, and no known cause explains them",
        ),
    ],
)
def test_short_verdict(diagnosis: Diagnosis, said: str) -> None:
    """The verdict says the outcome and no more."""
    case = record(Request("31009", "ios"), {})
    assert short_verdict(replace(case, diagnosis=diagnosis)) == said
    assert brief(said) == said.replace("Blocked: TURN is blocked", "Blocked: TURN")


@pytest.mark.parametrize(
    ("question", "answer", "failure", "sign"),
    [
        ("signaling-tcp", "open", None, OK),
        ("signaling-tcp", "shut", Failure.CONNECTION_REFUSED, BAD),
        ("route", "beyond", None, OK),
        ("edge-choice", "fixed", None, NEUTRAL),
        ("roaming-fit", "unmeasured", None, NEUTRAL),
        ("turn", "shut", Failure.GENERIC_TIMEOUT_ERROR, BAD),
    ],
)
def test_mark(question: str, answer: str, failure: Failure | None, sign: str) -> None:
    """The mark tells what is as it should be from what speaks for a cause."""
    step = next(iter(record(Request("31009", "ios"), {}).observations.values()))
    seen = {"s": replace(step, failure=failure)}
    assert mark(Answered(question, answer, "", ("s",)), KNOWLEDGE, seen) == sign


def test_one_more_answer() -> None:
    """What a further answer changed is told, and that it changed nothing too."""
    before = record(Request("31009", "javascript"), {})
    view = make_view(before, KNOWLEDGE, NETWORK)
    assert "That changes nothing." in to_text(render_change(before, before, view))
    after = record(Request("31009", "javascript", answers={"vpn": "no"}), {})
    told = to_text(render_change(before, after, make_view(after, KNOWLEDGE, NETWORK)))
    assert ("Ruled out now" in told) == (after.diagnosis.ruled_out != before.diagnosis.ruled_out)


VPN = NextQuestion("vpn", "vpn", "A VPN?", (("yes", "yes, a VPN"), ("no", "no, neither")))
SDK = NextQuestion("sdk-version", "sdk-version", "Which?", (("before-3", "older"), ("from-3", "newer")))


@pytest.mark.parametrize(
    ("asked", "said", "meant"),
    [
        (VPN, "a", "yes"),
        (VPN, "B", "no"),
        (VPN, "YES", "yes"),
        (VPN, "n", "no"),
        (VPN, "No, they are not", "no"),
        (SDK, "2", "2"),
        (SDK, "a", "0"),
        (SDK, "from-3", "3"),
        (SDK, "v6.1", "6.1"),
        (SDK, "it is 6.1.2", "6.1.2"),
    ],
)
def test_meaning(asked: NextQuestion, said: str, meant: str) -> None:
    """A choice's letter, its name, or the answer itself all mean it."""
    assert meaning(KNOWLEDGE.questions[asked.question], asked, said) == meant


def test_no_meaning() -> None:
    """Anything else is told to be no answer, with those that are."""
    with pytest.raises(UsageError, match="is not an answer; known: a, b, no, yes"):
        meaning(KNOWLEDGE.questions["vpn"], VPN, "perhaps")
    assert "a  yes, a VPN" in to_text(render_question(VPN))


def test_other_encodings() -> None:
    """Text is written with the characters that the stream has."""

    class Latin:
        encoding = "ascii"

    assert fit("\u201ca\u201d \u2026 \u2713 \u00e9", Latin()) == '"a" ... + ?'  # type: ignore[arg-type]  # a stream, as far as this goes
    assert to_text([Line("a\nb", indent=2, mark="-"), Line()]) == "  - a\n    b\n\n"


def test_ctrl_c_at_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves the question open; the finished run is still stored."""

    def interrupt(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(interactive, "ask_line", interrupt)
    case = record(Request("31009", "javascript"), {})
    assert case.diagnosis.next_question
    assert interactive.ask_on(load_engine(knowledge=KNOWLEDGE), (case,)) == (case,)


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    async with small_world(tmp_path, turn_server) as world:
        yield world


class Terminal:
    """A person in front of a terminal of 60 columns."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.seen = ""

    async def read_until(self, text: str) -> str:
        """What came since the last time, up to *text*."""
        while text not in self.seen:
            try:
                chunk = await asyncio.to_thread(os.read, self.master, 65536)
            except OSError:  # EIO: the program has left the terminal
                return self.seen
            self.seen += chunk.decode()
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


async def test_on_a_terminal(world: SmallWorld) -> None:
    """On a terminal progress is live, lines are wrapped, NO_COLOR is heeded, and questions are asked on."""
    terminal = Terminal()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli.main", "diagnose", "31009", "js", "--network", world.network()),
        cwd=ROOT,
        env=os.environ
        | {"TERM": "xterm", "COLUMNS": "60", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        | {"LINEMAN_VANTAGE": "user-network"},
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
    )
    os.close(terminal.slave)
    try:
        live = await terminal.read_until("No problem found")
        assert "checks done" in live or "Starting the checks" in live
        answer = await terminal.read_until("leaves it open.")
        assert "\x1b[3" not in live + answer
        assert max(len(line) for line in answer.splitlines()) <= 60 + len("\x1b[1m\x1b[0m") * 2
        terminal.type("perhaps\n")
        assert "The question stays open" in await terminal.read_until("lineman> ")
        terminal.type("zzyzx\n")
        assert "not an answer" in await terminal.read_until("lineman> ")
        terminal.type("details\n")
        assert "Ruled out" in await terminal.read_until("lineman> ")
        terminal.type("b\n")
        changed = await terminal.read_until("leaves it open.")
        assert "Ruled out now" in changed or "changes nothing" in changed
        terminal.type("quit\n")
        assert await process.wait() == 1
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal.master)
