"""One text for the customer, however many causes were found."""

import re

import pytest

from bot.model.request import Request
from bot.rendering.customer_text import (
    ASK,
    ELSEWHERE,
    customer_text,
    join_texts,
    name_elsewhere,
    split_sentences,
)
from bot.rendering.view import View, make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.model import REFERENCE
from tests.previews import samples
from tests.previews.samples import sample

UDP = (
    "Your network blocks call audio. Please ask your network team to allow outgoing UDP to 192.0.2.0/24, "
    "ports 10000-60000."
)
TLS = "A device decrypts calls. Please ask your network team to exempt a.example from TLS inspection."
DNS = "Your DNS servers fail. Please ask your network team to make them resolve a.example. Then try again."
APP = "The app signs in to the wrong region. The app's developer needs to fix this. Your network is fine."
CLOCK = "The date is wrong. Please set it. Your network is fine."


def test_one_text_stays_as_it_is() -> None:
    """A single message is forwarded unchanged; so is one that two causes share."""
    assert join_texts([UDP]) == join_texts([UDP, UDP], blocks=True) == UDP
    assert join_texts([]) == ""


def test_two_requests_to_the_network_team_become_one_sentence() -> None:
    """Two causes in the network make one request, with what is wrong said once."""
    assert join_texts([TLS, UDP], blocks=True) == (
        "Two settings in your network stop calls. Please ask your network team to exempt a.example from TLS "
        "inspection, and to allow outgoing UDP to 192.0.2.0/24, ports 10000-60000."
    )
    assert join_texts([TLS, UDP]).startswith("Two settings in your network affect calls. ")


def test_three_requests_become_a_list() -> None:
    """More than two requests are numbered; what follows a request stays behind it."""
    assert join_texts([UDP, TLS, DNS], blocks=True) == (
        "Three settings in your network stop calls. Please ask your network team to make 3 changes: (1) allow "
        "outgoing UDP to 192.0.2.0/24, ports 10000-60000; (2) exempt a.example from TLS inspection; (3) make "
        "them resolve a.example. Then try again."
    )


def test_a_cause_does_not_clear_what_another_blames() -> None:
    """An app error beside a blocked network must not say that the network is fine; two app errors may, once."""
    joined = join_texts([UDP, APP])
    assert "is fine" not in joined
    assert joined.startswith("Your network blocks call audio. Please ask your network team to allow")
    assert joined.endswith("The app's developer needs to fix this.")
    assert join_texts([APP, CLOCK]).count("Your network is fine.") == 1


def test_requests_of_a_mixed_text_come_after_what_is_wrong() -> None:
    """Without a common first sentence, every problem is named before the joined request."""
    joined = join_texts([UDP, TLS, APP])
    assert joined.index("decrypts calls") < joined.index("Please ask") < joined.index("wrong region")


def test_what_follows_a_request_stays_behind_it() -> None:
    """A sentence after a request is about it, so it never comes before the joined request."""
    joined = join_texts([DNS, UDP, APP])
    assert joined.index("Please ask") < joined.index("Then try again.") < joined.index("wrong region")
    assert joined.count("Please ask") == 1


def test_each_request_can_stand_in_a_joined_text() -> None:
    """A request names what it is about, and so does the sentence behind it: what came before may be left out."""
    for cause in load_knowledge().causes.values():
        before = None
        for sentence in split_sentences(cause.generic_customer):
            if request := ASK.fullmatch(sentence):
                assert not re.search(r"\b(?:it|its|them|they|these|this)\b", request[2]), cause.id
            elif before:
                assert not re.match(r"Or |If they cannot,|If there is none|One of these", sentence), cause.id
            before = request


def _view(*faults: samples.Fault) -> View:
    knowledge, network = load_knowledge(), load_network()
    record = sample(Request("31009", "javascript"), knowledge, network, *faults)
    return make_view(record, knowledge, network)


@pytest.mark.parametrize("faults", [(samples.NAMES_FAIL,), samples.SIGNALING_SHUT])
def test_it_is_the_text_of_the_cause(faults: tuple[samples.Fault, ...]) -> None:
    """One cause in the user's network: its own text, with hosts and ports filled in."""
    view = _view(*faults)
    assert view.customer_text == view.found[0].customer
    assert "{" not in view.customer_text
    assert "[[" not in view.customer_text


def test_your_network_is_said_from_within_only() -> None:
    """A clear result from outside the user's network says nothing about theirs."""
    assert _view().customer_text == "We tested your network. Everything that calls require can be reached."
    knowledge, network = load_knowledge(), load_network()
    clear = sample(Request("31009", "javascript"), knowledge, network).diagnosis
    assert "Your network is not tested yet" in customer_text(clear, (), (), REFERENCE)


def test_a_cause_seen_elsewhere_is_not_put_on_the_customers_network() -> None:
    """The same text about a network that may not be theirs names it as the one that was tested."""
    assert name_elsewhere(UDP) == (
        f"{ELSEWHERE} This network blocks call audio. Please ask its network team to allow outgoing UDP to "
        "192.0.2.0/24, ports 10000-60000."
    )
    assert name_elsewhere(APP) == (
        "The app signs in to the wrong region. The app's developer needs to fix this."
    )
