"""The interactive session: every answer counts at the prompt and as a later line; a change drops a version."""

from collections.abc import Iterator

import pytest

from bot.cli.diagnose import understand
from bot.cli.interactive import ask_on
from bot.cli.repl_lines import answer_line
from bot.cli.repl_replies import reply
from bot.cli.repl_session import Repl
from bot.errors import UsageError
from bot.model.request import MAX_RELAYS, Request
from knowledge.model.conclusions import Diagnosis
from tests.bot.person_answers import OLD_PORT_SHUT, OpenQuestion, open_questions
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk

ENGINE = made_up_desk(MadeUpRelay(OLD_PORT_SHUT))
OPEN = open_questions(ENGINE)


def lists(diagnosis: Diagnosis) -> tuple[object, ...]:
    return diagnosis.found, diagnosis.possible, diagnosis.ruled_out, diagnosis.next_question


@pytest.mark.parametrize("case", OPEN, ids=[f"{case.question}-{case.request.platform}" for case in OPEN])
def test_every_answer_counts(case: OpenQuestion, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the prompt, by its letter, as a later line and by its name, an answer makes the same request and verdict."""
    letters = iter("abcdefgh")
    for name, word, expected in case.answers(ENGINE):
        typed: Iterator[str]
        for line in (word, next(letters), name):
            typed = iter((line, ""))
            monkeypatch.setattr("builtins.input", lambda _, typed=typed: next(typed))
            (record,) = ask_on(ENGINE, (case.record,))
            assert record.request == expected.request, (case.question, line)
            assert lists(record.diagnosis) == lists(expected.diagnosis), (case.question, line)
        for line in (word, f"{case.option}={word}", f"{case.option} {word}", f"{case.option}: {word}"):
            repl = Repl(ENGINE, (case.record,))
            reply(repl, line)
            assert repl.record, line
            assert repl.record.request == expected.request, (case.question, line)
            assert lists(repl.record.diagnosis) == lists(expected.diagnosis), (case.question, line)


def test_no_answer_leaves_the_question_open(capsys: pytest.CaptureFixture[str]) -> None:
    """“Don't know” changes nothing and says so; a word that is no answer lists those that are."""
    repl = Repl(ENGINE, (OPEN[0].record,))
    reply(repl, "no idea")
    assert "The question stays open." in capsys.readouterr().out
    assert repl.record is OPEN[0].record
    with pytest.raises(UsageError, match="Please answer yes or no"):
        reply(repl, f"{OPEN[0].option}=often")


def session(request: Request) -> Repl:
    return Repl(ENGINE, (ENGINE.diagnose(request, lambda _: None),))


def test_a_change_of_platform_drops_the_version() -> None:
    """By a new run, or concluded from the last one; an answer of another kind stays."""
    for platform, line, version in (("ios", "android", "6.10.0"), ("javascript", "try ios", "2.18.5")):
        repl = session(Request("31009", platform, answers={"sdk-version": version, "vpn": "no"}))
        reply(repl, line)
        assert repl.record
        assert repl.record.request.platform not in (None, platform)
        assert repl.record.request.answers == {"vpn": "no"}
    repl = session(Request("31009", answers={"sdk-version": "6.1", "vpn": "no"}))
    before = repl.record
    reply(repl, "ios")
    assert repl.record
    assert before
    assert repl.record.observations is before.observations
    assert (repl.record.request.platform, repl.record.request.answers) == ("ios", {"vpn": "no"})
    reply(repl, "android sdk 2.0.7")
    assert repl.record.request.answers == {"vpn": "no", "sdk-version": "2.0.7"}


def test_an_option_drops_the_version_of_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    """`lineman diagnose` with a platform beside a text: the text's version belongs to the text's platform."""
    words = ["31009 on ios with sdk version 6.10.0, they are not on a VPN"]
    same = understand(words, ENGINE, [])
    assert (same.platform, same.answers) == ("ios", {"sdk-version": "6.10.0", "vpn": "no"})
    other = understand(words, ENGINE, [("platform", "kotlin")])
    assert (other.platform, other.answers) == ("android", {"vpn": "no"})
    given = understand(words, ENGINE, [("platform", "js"), ("sdk-version", "2.18.5")])
    assert (given.platform, given.answers) == ("javascript", {"sdk-version": "2.18.5", "vpn": "no"})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("allowlist ios", "lineman allowlist ios"),
        ("what is 31009?", "lineman knowledge show 31009"),
        ("relays", "lineman relays list"),
        ("history", "lineman history"),
        ("help", "lineman diagnose --help"),
        ("why does TURN help?", "lineman ask"),
        ("it says 31009 or 53000", "31009 or 53000. Which one"),
        ("what is 31010?", "did you mean 31009"),
        ("test again", "is not a code"),
    ],
)
def test_text_for_another_command(text: str, instead: str) -> None:
    """Text that asks for no diagnosis names the command that does what it asks for."""
    with pytest.raises(UsageError, match="(?i)" + instead.replace("?", r"\?")):
        understand([text], ENGINE, [])


def test_lines_about_no_case(capsys: pytest.CaptureFixture[str]) -> None:
    """Lists, meanings and choices are printed; nothing is tested."""
    repl = Repl(ENGINE)
    for line, printed in (
        ("allowlist ios", "168.86.128.0/18"),
        ("allowlist", "For which platform?"),
        ("what does 53405 mean?", "53405"),
        ("relays", "local  in the user's network"),
        ("history", "lineman history"),
        ("help", "slept=yes|no"),
        ("help", "sdk-version=VERSION"),
        ("stop", "Nothing is running"),
        ("again", "There is no diagnosis to run again"),
        ("it says 31009 or 53000", "Which one"),
    ):
        reply(repl, line)
        assert printed in capsys.readouterr().out, line
    assert repl.records == ()
    reply(repl, "2")
    assert repl.record
    assert repl.record.request.code == "53000"


def test_a_command_of_the_shell_is_not_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """A command as the documentation writes it is for the shell; a sentence about Lineman is a message."""
    repl = Repl(ENGINE)
    for line in (
        ".venv/bin/lineman history",
        "lineman again --vantage user-network",
        "make run ARGS=version",
    ):
        answer_line(repl, line, lambda: None)
        assert "Type quit first" in capsys.readouterr().out, line
    answer_line(repl, "lineman reads my log wrong", lambda: None)
    assert "Type quit first" not in capsys.readouterr().out


def test_a_diagnosis_takes_so_many_relays() -> None:
    """One more than the limit is refused by the command parser, with the number."""
    names = ",".join(f"relay-{number}" for number in range(MAX_RELAYS + 1))
    with pytest.raises(UsageError, match=f"at most {MAX_RELAYS} relays, and this one names {MAX_RELAYS + 1}"):
        understand(["31009"], ENGINE, [("relay", names)])
