"""Why a check has no result, in words."""

from typing import Any

import pytest

from knowledge.reasoning.line_loss import describe_doubt, describe_loss
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

STUN = Target("stun", "stun.example", 3478, "udp")
COUNTED = {"loss_is": "unconfirmed", "sent": 50, "lost": 30}


def quality(failure: Failure | None, **facts: Any) -> Observation:
    return Observation("quality", "quality", STUN, failure, facts)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {**COUNTED, "other_host": "turn.example", "other_sent": 150, "other_lost": 0},
            "stun.example answered 20 of 50 packets, but turn.example answered 150 of 150 packets",
        ),
        (
            COUNTED,
            "stun.example answered 20 of 50 packets, and no second server answered that could confirm the loss",
        ),
        (
            {"loss_is": "unconfirmed", "sent": "50"},
            "stun.example answered too few packets, and no second server",
        ),
        ({"loss_is": "near", "sent": 50, "lost": 3}, ""),
    ],
)
def test_one_server_that_answers_too_few_is_named(facts: dict[str, Any], words: str) -> None:
    """The counts of both servers are in the text; a relay that sends other types breaks nothing."""
    text = describe_doubt(quality(Failure.INCONCLUSIVE, **facts))
    assert text.startswith(words)
    assert bool(text) == bool(words)
    assert describe_doubt(quality(None, **facts)) == ""
    assert describe_loss(quality(Failure.INCONCLUSIVE, **facts)) == ""
