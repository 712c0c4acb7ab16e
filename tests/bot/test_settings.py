"""Settings from the environment: read one way, wrong ones named without their value, all of them documented."""

import ast
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.check_link.settings import read_check_settings
from bot.diagnosis.turn_settings import load_turn_settings
from bot.errors import UsageError
from bot.language.llm_settings import read_endpoint
from bot.relays.access_rules import load_access
from bot.relays.hub.quotas import HubLimits
from bot.relays.hub.settings import read_hub_settings
from bot.settings import SettingsReader, read_log_format, read_log_level
from bot.slack.api.settings import read_slack_settings
from probes.net.proxy_env import proxy_from
from probes.protocol.state_home import relay_home

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"(?<![A-Z_])(?:LINEMAN|SLACK|TWILIO)_(?:[A-Z]+_)*[A-Z]+(?![A-Z_*{])")

READERS: dict[str, Callable[[SettingsReader], object]] = {
    "number": lambda get: get.number("NAME", 30, 3650),
    "choice": lambda get: get.choice("NAME", ("socket", "http"), "http"),
    "token": lambda get: get.token("NAME", "xoxb-"),
    "word": lambda get: get.token("NAME"),
    "url": lambda get: get.url("NAME", example="https://llm.example/v1", secret="KEY"),
    "parsed": lambda get: get.parsed("NAME", float, 0.5, "a share, such as 0.5"),
}


def read(kind: str, value: str) -> object:
    get = SettingsReader({"NAME": value})
    result = READERS[kind](get)
    get.check()
    return result


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("number", " 7 ", 7), ("number", "", 30), ("number", "3650", 3650),
        ("choice", "SOCKET", "socket"), ("choice", "", "http"),
        ("token", "xoxb-123456789", "xoxb-123456789"), ("token", "", ""), ("word", "sk-1", "sk-1"),
        ("url", "", ""), ("url", "http://127.0.0.1:9/v1/", "http://127.0.0.1:9/v1/"),
        ("parsed", "0.25", 0.25), ("parsed", "  ", 0.5),
    ],
)  # fmt: skip
def test_what_is_right_is_read(kind: str, value: str, result: object) -> None:
    """Spaces around a value do not count, and an empty variable is the same as none."""
    assert read(kind, value) == result


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("number", "0", "NAME must be a number from 1 to 3650, such as 30."),
        ("number", "-1", "from 1 to 3650"), ("number", "3651", "from 1 to 3650"), ("number", "³", "from 1"),
        ("number", "٣", "from 1 to 3650"), ("number", "1.5", "from 1 to"), ("number", "9" * 5000, "from 1 to"),
        ("choice", "smoke", "NAME must be socket or http."),
        ("token", "xoxp-123456789", "NAME must be a token that begins with xoxb-."),
        ("token", "xoxb-", "begins with"), ("token", "xoxb-12345 6789", "begins with"),
        ("token", "xoxb-12345\n6789", "begins with"), ("word", "sk\u20ac", "NAME must be one word of ASCII"),
        ("url", "llm.example", "NAME must be an address such as https://llm.example/v1."),
        ("url", "ftp://a.example", "address such as"), ("url", "http://[::1", "address such as"),
        ("url", "https://a.example:99999", "address such as"), ("url", "https://a.example/?key=1", "address such"),
        ("url", "https://", "address such as"),
        ("url", "https://u:p@a.example", "NAME must not hold a password. Use an address such as https://llm.ex"),
        ("url", "https://u@a.example", "example/v1, and put the key into KEY."),
        ("parsed", "half", "NAME must be a share, such as 0.5."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(kind: str, value: str, problem: str) -> None:
    """The sentence says which variable, and what it must be."""
    with pytest.raises(UsageError, match=re.escape(problem)):
        read(kind, value)


@given(st.sampled_from(sorted(READERS)), st.text("abc\u20ac:/@?# .", max_size=20))
def test_no_problem_repeats_the_value(kind: str, around: str) -> None:
    """Whatever a variable holds, it is a setting or a problem, and the problem does not say it."""
    secret = "Zq7Zq7Zq7Zq7"
    get = SettingsReader({"NAME": f"{around}{secret}{around}"})
    result = READERS[kind](get)
    problem = problem_of(get)
    assert problem == "" or problem.startswith("NAME must ")
    assert secret not in problem
    assert problem or secret in str(result)


def problem_of(get: SettingsReader) -> str:
    """Give what `check` says; "" where nothing is wrong."""
    try:
        get.check()
    except UsageError as error:
        return str(error)
    return ""


def test_every_problem_at_once() -> None:
    """Two wrong variables are two sentences of one error, in the order in which they were read."""
    get = SettingsReader({"A": "x", "B": "y"})
    assert (get.number("A", 1, 9), get.path("C", "c.db")) == (1, Path("c.db"))
    get.choice("B", ("z",), "z")
    get.add_problem("C is missing.")
    with pytest.raises(UsageError) as caught:
        get.check()
    assert str(caught.value) == "A must be a number from 1 to 9, such as 1. B must be z. C is missing."


def test_log_level() -> None:
    """The level may be written in small letters; one that does not exist is refused."""
    assert read_log_level({}) == "INFO"
    assert read_log_level({"LINEMAN_LOG": "debug"}) == "DEBUG"
    with pytest.raises(UsageError, match="LINEMAN_LOG must be DEBUG, INFO, WARNING or ERROR"):
        read_log_level({"LINEMAN_LOG": "loud"})


def test_hub_limits() -> None:
    """Each limit of the hub has its variable; all that are wrong are named."""
    names = {f"LINEMAN_HUB_{limit.name.upper()}": limit.name for limit in fields(HubLimits)}
    for variable, name in names.items():
        assert getattr(read_hub_settings({variable: "7"}).limits, name) == 7
    with pytest.raises(UsageError) as caught:
        read_hub_settings(dict.fromkeys(names, "none"))
    assert all(f"{variable} must be a number from 1 to 1000000" in str(caught.value) for variable in names)


@pytest.mark.parametrize(
    "value",
    ["nats.example:4222", "http://nats.example", "nats://", "nats://a.example:99999", "nats://a.example/x",
     "nats://u:Zq7#x@a.example", "nats://u:Zq7 x@a.example", "nats://a.example,"],
)  # fmt: skip
def test_nats_addresses_that_are_none(value: str) -> None:
    """The problem says what an address looks like, and repeats nothing of the value. So does that of a name."""
    with pytest.raises(
        UsageError, match="LINEMAN_NATS must be one or more addresses such as nats://"
    ) as caught:
        read_hub_settings({"LINEMAN_NATS": value})
    assert "Zq7" not in str(caught.value)
    with pytest.raises(UsageError, match="LINEMAN_NATS_NAME must be at most 40 letters"):
        read_hub_settings({"LINEMAN_NATS_NAME": "a.b", "LINEMAN_NATS": "nats://a.example"})


def test_every_variable_is_documented_and_read() -> None:
    """What the code names or reads is in docs/, and what is in docs/ is read."""
    documented = set(VARIABLE.findall("\n".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))))
    named, direct = names_in_code()
    read_somewhere = recorded() | direct
    assert len(read_somewhere) > 30
    assert (named | read_somewhere) - documented == set(), "not documented in docs/"
    assert documented - read_somewhere == set(), "documented, but nothing reads it"


class RecordedEnvironment(dict[str, str]):
    """An environment that notes which variables are asked for."""

    def __init__(self, **variables: str) -> None:
        super().__init__(variables)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def recorded() -> set[str]:
    """Run every reader of settings; gives the variables that it asked for."""
    environment = RecordedEnvironment(
        LINEMAN_LLM_URL="https://llm.example/v1",
        LINEMAN_CHECK_URL="https://check.example",
        LINEMAN_NATS="nats://nats.example",
    )
    read_slack_settings(environment)
    read_hub_settings(environment)
    read_check_settings(environment)
    load_turn_settings(environment)
    read_endpoint(environment)
    load_access(environment)
    read_log_level(environment)
    read_log_format(environment)
    proxy_from(environment, "https://hub.example")
    relay_home(environment)
    read_check_settings(environment)
    return {name for name in environment.names if VARIABLE.fullmatch(name)}


def names_in_code() -> tuple[set[str], set[str]]:
    """Give the variables that code names as a whole text, and those among them that it takes from `os.environ`."""
    named, direct = set(), set()
    for file in (
        file for package in ("bot", "knowledge", "probes") for file in (ROOT / package).rglob("*.py")
    ):
        source = file.read_text()
        direct |= set(re.findall(r'os\.environ(?:\.get\(|\[)"(\w+)"', source))
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and VARIABLE.fullmatch(node.value)
            ):
                named.add(node.value)
    return named, direct & named
