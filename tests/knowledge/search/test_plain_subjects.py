"""A question whose subject and wish are plain leads to its passage, however it is worded."""

import pytest

from knowledge.search.plain_subjects import plain_subjects


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("Which CIDR does the audio go to?", "ports-media"),
        ("Does voice-js have a static IP?", "allowlist-ip"),
        ("TTL of the ICE servers, please", "turn-ttl"),
        ("how many hours is a JWT valid?", "token-ttl"),
        ("how often do we replace the token?", "token-renew"),
        ("uplink for 80 agents", "bandwidth"),
        ("where can a supervisor look up the MOS of somebody's calls", "insights-where"),
        ("is a ping of 260 still acceptable", "quality-limits"),
        ("do AirPods spoil the sound", "bluetooth"),
        ("force the frankfurt edge in Chrome", "edge-set-javascript"),
        ("put the Kotlin app on dublin", "edge-set-android"),
        ("does a running call end when the token is over", "token-in-call"),
        ("good edge for agents in Oslo", "edge-near"),
        ("can the provider listen to the relayed audio", "srtp-what"),
        ("our agents in Cebu have a delay", "rtt-what"),
        ("is the line good enough, can I see that before a shift?", "preflight-what"),
        ("what does the question mark before UDP stand for", "lineman-results"),
    ],
)
def test_plain_questions(text: str, passage: str) -> None:
    """What is asked, and about what, are named: that is enough to answer."""
    assert plain_subjects(text) == {passage: True}


@pytest.mark.parametrize(
    "text",
    [
        "why is the token rejected",
        "what is jitter",
        "our old media range was another one",
        "is the speaker paired",
        "why is frankfurt so far away in the browser",
        "how did the edge get selected for us",
    ],
)
def test_other_questions(text: str) -> None:
    """The ranking decides about everything else."""
    assert plain_subjects(text) == {}
