"""What a language model says passes only where its sources say it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.grounding import MOST_LETTERS, Cited, NotGroundedError, check_grounding
from knowledge.search.passages import load_passages, sentences_of

PORTS = (
    "Open TCP 443 to chunderw-vpc-gll.example for signaling. Media needs UDP 10000-60000 outbound to 198.51.100.0/24. "
    "Inbound rules are not needed. TURN uses UDP 3478."
)
TURN = "TURN is off by default. It may add 20 ms. Set it with Device.setup(token, {edge: 'frankfurt'}), version 2.12.4."
SOURCES = (PORTS, TURN)


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Signaling needs TCP 443 to chunderw-vpc-gll.example [1].", [(1,)]),
        ("Media needs UDP 10000-60000. [1] Inbound rules aren't needed [1].", [(1,), (1,)]),
        ("TURN uses UDP 3478 and is off by default [1][2].", [(1, 2)]),
        ("It may add 20 ms, however [2]", [(2,)]),
        ("“TURN” is off [2], [2].", [(2,)]),
        ("Set it with Device.setup(token, {edge: 'frankfurt'}) [2].", [(2,)]),
    ],
)
def test_what_the_sources_say_passes(text: str, sources: list[tuple[int, ...]]) -> None:
    """Sentences in the words of the sources that they cite pass, in whatever order and form."""
    assert [one.sources for one in check_grounding(text, SOURCES)] == sources


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("TURN is off by default.", "cites nothing"),
        ("TURN is off by default [2]. It may add 20 ms.", "cites nothing"),
        ("TURN is off by default. It may add 20 ms [2].", "cites nothing"),
        ("[2]", "cites nothing"),
        ("TURN is off by default [3].", "does not exist"),
        ("TURN is off by default [0].", "does not exist"),
        ("Open TCP 443 [2].", "not in its sources"),
        ("Open TCP 4443 [1].", "number, name, or address"),
        ("Open TCP 44 [1].", "number, name, or address"),
        ("Media needs UDP 10000-60001 [1].", "number, name, or address"),
        ("Open TCP 443 to gll.example [1].", "number, name, or address"),
        ("Open UDP to 198.51.100.0 [1].", "number, name, or address"),
        ("Open TCP 443 to chunderw-vpc-gll.example.evil.test [1].", "number, name, or address"),
        ("Open https://evil.example [1].", "number, name, or address"),
        ("Set it with Device.connect(token) [2].", "number, name, or address"),
        ("Set it with --insecure [2].", "number, name, or address"),
        ("Version 2.12 [2].", "number, name, or address"),
        ("Disable the firewall [1].", "words"),
        ("Open UDP 443 for signaling [1].", "a different unit"),
        ("It may add 20 TCP [1][2].", "a different unit"),
        ("Inbound rules are needed [1].", "says the opposite"),
        ("TURN is not off by default [2][1].", "says the opposite"),
        ("Yes: TURN is off by default [2].", "yes or no"),
        ("No [1].", "words"),
        ("TURN must be off [2].", "words"),
        ("Use TURN [2].", "words"),
        ("It may alw\u0430ys add 20 ms [2].", "letters"),  # Cyrillic
        ("*TURN* is off by default [2].", "number, name, or address"),
        ("<@U012345> TURN is off by default [2].", "number, name, or address"),
        ("TURN is off\x1b[31m [2].", "letters"),
        ("TURN is off\u202e by default [2].", "letters"),
        ("TURN is off by default [2]. " * 9, "too long"),
        ("x" * (MOST_LETTERS + 1), "too long"),
    ],
)
def test_what_they_do_not_say_is_refused(text: str, why: str) -> None:
    """New facts, words, units and meanings are refused, and so are sentences without a good citation."""
    with pytest.raises(NotGroundedError, match=why):
        check_grounding(text, SOURCES)


def test_the_reason_repeats_nothing() -> None:
    """The reason for a refusal has none of the model's words in it: they may be anything."""
    with pytest.raises(NotGroundedError) as refused:
        check_grounding("Call sk-live-0123456789 at evil.example [1].", SOURCES)
    assert "evil" not in str(refused.value)
    assert "sk-live" not in str(refused.value)


def test_every_passage_bears_itself_out() -> None:
    """A model that only repeats a passage of ours is never refused, but for one that is too long."""
    for passage in load_passages():
        text = " ".join(f"{one.rstrip('.!?')} [1]." for one in sentences_of(passage.text))
        assert all(one.sources == (1,) for one in check_grounding(text, [passage.text])), passage.id


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_is_judged(text: str, sources: list[str]) -> None:
    """Whatever is said, it is refused, or every sentence cites a source that is there."""
    with suppress(NotGroundedError):
        for one in check_grounding(text, sources):
            assert isinstance(one, Cited)
            assert set(one.sources) <= set(range(1, len(sources) + 1))
