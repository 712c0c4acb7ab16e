"""Whether this machine is in the user's network: never assumed, asked once, and without it nothing is ruled out."""

import io
import json
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.cli.vantage import find_vantage, settings_file
from bot.diagnosis.comparison import compare
from bot.errors import UsageError
from bot.model.request import Request
from bot.rendering.reasons import group_by_reason
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.vantage_summary import view_together
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.reasoning.diagnosis import ELSEWHERE
from probes.protocol.model import REFERENCE, UNKNOWN_VANTAGE, USER_NETWORK, VANTAGES
from tests.previews.samples import MEDIA_LOST, SIGNALING_SHUT, sample

KNOWLEDGE, NETWORK = load_knowledge(), load_network()
REQUEST = Request("31009", "javascript")


class Person(io.StringIO):
    """Types lines at a prompt, and counts the questions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
        super().__init__()
        self.left = list(lines)
        monkeypatch.setattr("builtins.input", lambda _: self.left.pop(0))


@pytest.mark.parametrize(
    ("typed", "vantage"),
    [("y", USER_NETWORK), ("No", REFERENCE), ("", UNKNOWN_VANTAGE), ("?", UNKNOWN_VANTAGE)],
)
def test_it_is_asked_once(typed: str, vantage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run on a terminal asks and keeps the answer; the next one does not ask."""
    person = Person(monkeypatch, typed)
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert find_vantage(None, home, asks=True) == vantage
    assert not person.left
    assert json.loads(settings_file(home).read_text("utf-8")) == {"vantage": vantage}
    assert find_vantage(None, home, asks=True) == vantage


def test_option_and_environment_win_over_what_was_stored(tmp_path: Path) -> None:
    """The option comes first, then the environment; without a terminal the stored answer does not count."""
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    settings_file(home).parent.mkdir()
    settings_file(home).write_text('{"vantage": "user-network"}')
    assert find_vantage(None, home, asks=True) == USER_NETWORK
    assert find_vantage(None, home, asks=False) == UNKNOWN_VANTAGE
    environment = {**home, "LINEMAN_VANTAGE": "reference"}
    assert find_vantage(None, environment, asks=True) == REFERENCE
    assert find_vantage("unknown", environment, asks=False) == UNKNOWN_VANTAGE
    with pytest.raises(UsageError, match="is not a vantage"):
        find_vantage("office", home, asks=False)
    with pytest.raises(UsageError, match="LINEMAN_VANTAGE must be"):
        find_vantage(None, {"LINEMAN_VANTAGE": "office"}, asks=False)


@pytest.mark.parametrize("content", ["", "[]", '{"vantage": "moon"}', '{"other": 1}'])
def test_unusable_settings_ask_again(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken file is no answer; what else is in it stays; one that cannot be written is no error."""
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    settings_file(home).parent.mkdir()
    settings_file(home).write_text(content)
    Person(monkeypatch, "y")
    assert find_vantage(None, home, asks=True) == USER_NETWORK
    assert ("other" in settings_file(home).read_text("utf-8")) == ("other" in content)
    (tmp_path / "file").write_text("")
    Person(monkeypatch, "y")
    assert find_vantage(None, {"XDG_CONFIG_HOME": str(tmp_path / "file")}, asks=True) == USER_NETWORK
    assert "Could not save the answer" in capsys.readouterr().err


def test_unknown_rules_nothing_out_and_stays_clear() -> None:
    """Where everything works, no cause is ruled out for the user, but none was found either."""
    inside = sample(REQUEST, KNOWLEDGE, NETWORK)
    outside = sample(REQUEST, KNOWLEDGE, NETWORK, vantage=UNKNOWN_VANTAGE)
    assert inside.diagnosis.outcome == outside.diagnosis.outcome == "clear"
    assert len(inside.diagnosis.ruled_out) > 15
    assert outside.diagnosis.ruled_out == ()
    moved = {judged.cause for judged in outside.diagnosis.not_checked if judged.elsewhere}
    assert moved == {judged.cause for judged in inside.diagnosis.ruled_out}
    groups = group_by_reason(outside.diagnosis.not_checked, outside.answers, KNOWLEDGE)
    assert [group.reason for group in groups].count(ELSEWHERE) == 1


def test_what_a_person_answers_counts_from_anywhere() -> None:
    """The user is not on a VPN: that is about the user, so it rules the VPN out."""
    request = Request("31009", "javascript", answers={"vpn": "no"})
    record = sample(request, KNOWLEDGE, NETWORK, vantage=UNKNOWN_VANTAGE)
    assert [judged.cause for judged in record.diagnosis.ruled_out] == ["vpn-in-the-way"]


def test_a_cause_is_found_on_this_machines_network() -> None:
    """The verdict names the network that was tested, and the customer's text does not call it theirs."""
    record = sample(REQUEST, KNOWLEDGE, NETWORK, MEDIA_LOST, relay="local", vantage=UNKNOWN_VANTAGE)
    inside = sample(REQUEST, KNOWLEDGE, NETWORK, MEDIA_LOST, relay="local")
    assert [cause.cause for cause in record.diagnosis.found] == [
        cause.cause for cause in inside.diagnosis.found
    ]
    short = ShortAnswer(record, view_together([record], KNOWLEDGE, NETWORK), KNOWLEDGE)
    lines = [line.text for line in (*short.head(), *short.tail())]
    assert lines[0].startswith("Blocked on this machine's network: ")
    assert "your network" not in " ".join(lines).casefold().replace("may not be yours", "")
    assert "(network unknown)" in lines[-1]


def test_a_cause_that_no_check_decides_is_on_no_network() -> None:
    """What the code says counts from everywhere, so the verdict names no network."""
    record = sample(Request("20104", "ios"), KNOWLEDGE, NETWORK, relay="local", vantage=UNKNOWN_VANTAGE)
    short = ShortAnswer(record, view_together([record], KNOWLEDGE, NETWORK), KNOWLEDGE)
    assert record.diagnosis.outcome == "found"
    assert short.head()[0].text.startswith("Found: ")


def test_a_relay_in_the_users_network_is_compared_with_it() -> None:
    """This machine still tells that a fault is in one network only, as a reference does."""
    found = sample(REQUEST, KNOWLEDGE, NETWORK, *SIGNALING_SHUT)
    fine = sample(REQUEST, KNOWLEDGE, NETWORK, relay="local", vantage=UNKNOWN_VANTAGE)
    (cause, *_) = compare([found, fine]).causes
    assert (cause.scope, cause.fine_from) == ("one-network", ("local",))
    view = view_together([found, fine], KNOWLEDGE, NETWORK)
    assert [each.id for each in view.found] == [each.cause for each in found.diagnosis.found]


def test_it_is_never_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """Relays and the hub do not know the value, so no relay can be invited with it."""
    assert UNKNOWN_VANTAGE not in VANTAGES
    assert main(["relays", "invite", "acme-hq", "--vantage", "unknown"]) == 2
    assert "is not a vantage" in capsys.readouterr().err
