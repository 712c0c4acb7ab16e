"""The sentences for failures."""

import pytest

from bot.diagnosis.run_record import STATUS_PAGE
from bot.errors import printable
from bot.rendering.failure_text import ACTS, REPORTED, SENTENCES, sentence
from probes.checks import PROBES
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_a_sentence(failure: Failure) -> None:
    """Each stored word has a sentence of its own, which a person can read and no stored word."""
    assert "_" not in SENTENCES[failure]
    assert list(SENTENCES.values()).count(SENTENCES[failure]) == 1


def test_every_probe_has_an_act() -> None:
    """Each probe is told by what it does, and so is what people hand in."""
    for name in PROBES:
        assert name in ACTS, f"bot/rendering/failure_text.py: ACTS needs a phrase for the probe {name!r}"
    assert ACTS.keys() == PROBES.keys() | REPORTED | {STATUS_PAGE}


@pytest.mark.parametrize(
    ("probe", "target", "failure", "said"),
    [
        ("dns", Target("signaling", "a.example", 53, "udp"), None, "Name lookup (DNS) of a.example: fine"),
        ("preflight", Target("device"), None, "Report of the SDK's own test on device: read"),
        (
            "tcp",
            Target("signaling", "a.example", 443),
            Failure.CONNECTION_REFUSED,
            "TCP connection to a.example:443/tcp: the connection was refused",
        ),
        ("new", Target("thing"), None, "new to thing: fine"),
    ],
)
def test_sentence(probe: str, target: Target, failure: Failure | None, said: str) -> None:
    """An observation is one line: what was done, where, and how it ended."""
    assert sentence(Observation("id", probe, target, failure)) == said


def test_a_line_that_loses_packets_is_named_where_it_leaves_a_check_without_a_result() -> None:
    """Its interval is in the sentence; an observation with a result, or without the figures, says nothing of it."""
    loss = {"loss_low_percent": 7.6, "loss_high_percent": 41.2}
    target = Target("signaling", "a.example", 443)
    unsure = Observation("id", "tcp", target, Failure.INCONCLUSIVE, loss)
    assert sentence(unsure) == (
        "TCP connection to a.example:443/tcp: no reply, but the line loses 8 to 41 % of the packets, "
        "so this proves nothing"
    )
    blocked = Observation("id", "tcp", target, Failure.GENERIC_TIMEOUT_ERROR, loss)
    assert "loses" not in sentence(blocked)
    assert "loses" not in sentence(Observation("id", "tcp", target, Failure.INCONCLUSIVE, {}))


def test_printable() -> None:
    """Escape sequences and direction marks in what strangers wrote do not reach the terminal."""
    assert printable("a\x1b[31mb\u202e\nc\td") == "a\ufffd[31mb\ufffd\nc\td"
