"""Nothing secret leaves a relay, and what is not secret stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.json_codec import observation_to_json
from probes.protocol.model import Plan, Step, Target
from probes.protocol.scrub import HIDDEN, Scrubber
from tests.probes.protocol.test_json_codec import SEEN

HOST = "global.turn.lab.test"
LAB = Scrubber(["p4ss"], ["lab"], [HOST, "198.51.100.7"])


@pytest.mark.parametrize(
    "text",
    [
        HOST,
        f"{HOST}:3478/udp",
        f"turn:{HOST}:443?transport=tcp",
        f"asked {HOST.upper()}.",
        "a label of the laboratory, slab, lab_2",
    ],
)
def test_short_name_leaves_words_and_hosts_alone(text: str) -> None:
    """A short name is removed neither from longer words nor from the plan's own host names."""
    assert LAB(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("lab", HIDDEN),
        ("realm lab.", f"realm {HIDDEN}."),
        ("user=lab;", f"user={HIDDEN};"),
        ("no user lab at turn.lab.example", f"no user {HIDDEN} at turn.{HIDDEN}.example"),
        (f"lab@{HOST}", f"{HIDDEN}@{HOST}"),
        (f"lab.{HOST}", f"{HIDDEN}.global.turn.{HIDDEN}.test"),
        ("p4ss", HIDDEN),
        ("xp4ssx", f"x{HIDDEN}x"),
        (f"p4ss{HOST}", f"{HIDDEN}{HOST}"),
    ],
)
def test_whole_words_and_passwords_are_blotted_out(text: str, left: str) -> None:
    """A user name is removed as a whole word, a password everywhere."""
    assert LAB(text) == left


def test_long_names_are_blotted_out_of_words_too() -> None:
    """A long name that a server generated is removed even inside other words."""
    assert Scrubber([], ["1790000000:alice"])("user1790000000:alice2") == f"user{HIDDEN}2"


@given(st.text(max_size=20), st.text(min_size=1, max_size=8), st.text(max_size=20))
def test_no_password_passes(before: str, password: str, after: str) -> None:
    """No password survives, in any context and with any other secrets, except as part of our own mark."""
    told = Scrubber([password], ["lab"], [HOST])(f"{before}{password}{after}")
    assert password not in told.replace(HIDDEN, "\0") or "\0" in password


@given(st.text(max_size=20), st.text(alphabet="abc.:-_@1", min_size=1, max_size=8), st.text(max_size=20))
def test_no_name_passes_as_a_word(before: str, name: str, after: str) -> None:
    """No user name survives as a separate word."""
    told = Scrubber([], [name])(f"{before} {name} {after}")
    assert f" {name} " not in told


def test_plan_says_what_is_hidden() -> None:
    """Every step's credentials and the proxy's password are hidden, the hosts that the plan names are not."""
    target = Target("turn", HOST, 3478, "udp")
    step = Step("turn a", "turn", target, 2.0, secrets={"username": "lab", "credential": "p4ss"})
    scrubber = Scrubber.of(Plan((step,), 2.0, proxy="http://web:s3cr3t@proxy.test:3128"))
    said = f"{HOST} lab xp4ss s3cr3tx {HOST}"
    assert scrubber(said) == f"{HOST} {HIDDEN} x{HIDDEN} {HIDDEN}x {HOST}"
    assert observation_to_json(SEEN, scrubber)["target"] == observation_to_json(SEEN)["target"]
