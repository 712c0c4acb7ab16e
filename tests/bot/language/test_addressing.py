"""What people say to one another in a thread is left alone; what is meant for us is not."""

import pytest

from bot.language.addressing import is_addressed_to_bot
from bot.language.intents import EXAMPLES, ThreadContext, read_intent
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.eval.data import load

KNOWLEDGE = load_knowledge()
WORDS = make_vocabulary(KNOWLEDGE, load_network(None), ("local", "acme-hq"))
TOPICS = {one.id: one.id for one in (*KNOWLEDGE.causes.values(), *KNOWLEDGE.questions.values())}
TOPICS |= {one.title: one.id for one in (*KNOWLEDGE.causes.values(), *KNOWLEDGE.platforms.values())}
THREAD, VPN = ThreadContext(WORDS, "", TOPICS), ThreadContext(WORDS, "vpn", TOPICS)

CHATTER = """
thanks, I'll ask the customer
lunch?
:+1:
@alice can you look
alice can you look
can you look
can someone take this?
who is on call?
thanks!
ok
sounds good?
great, thank you so much
I'll try again tomorrow
the customer will try again after lunch
they said it works now
let me check with the network team
is this resolved?
did you see this?
what did they say?
when is the meeting?
why is nobody answering?
does the customer know?
is the customer on a VPN?
do they use TURN?
did they fix the firewall?
what's the status?
any news?
no idea what is going on here
we opened a ticket with the firewall team
I'll send the preflight tomorrow
he is in frankfurt today
can you check again with the customer?
should we escalate?
should I call them?
looks like the firewall again
what is for lunch?
anyone knows what is going on with the wifi in the office?
I asked IT to open the ports
how are you?
see https://status.example/incident/31009
ticket 31009 is assigned to bob
bob knows about firewalls
ping me when it is done
let's discuss the evidence in the meeting
we'll run it again once they opened the ports
@bob what about android?
what does she mean?
haha why
our proxy guy is on holiday
maybe the proxy team knows
I think it is the proxy
could be the firewall, could be the VPN
who can open the ports?
customer says sound is bad again
microphone blocked in the browser
voip push not received on ios
only the dublin edge fails, other regions work
no audio on VPN
we still have sdk 2.0.7 and it can't connect from wifi
insights-connection-error warning in the preflight
the evidence was clear enough for me
""".strip().splitlines()

FOR_US = """
stop
test again
test again please
and on android?
they are not on a VPN
edge frankfurt
show the evidence
what does signaling-blocked mean?
how do I do the preflight on android?
help
why?
why does TURN help?
what about TURN then?
how do we fix it?
what can we do?
is it the firewall?
could it be the VPN?
which ports does media need?
what does 53405 mean?
I fixed it
we have opened the ports, check now
can you test again?
how do you know?
does roaming need all edges?
is UDP blocked?
they use TURN
from acme-hq
can I allow-list by IP?
what should the customer do?
the user is on an iPhone
it's the web app
we don't pass TURN servers
SDK version is 6.12.0
where do I set the edge on android?
and from the acme-hq relay with android?
""".strip().splitlines()


@pytest.mark.parametrize("thread", [THREAD, VPN], ids=["", "asked"])
@pytest.mark.parametrize("text", CHATTER)
def test_chatter_is_not_for_us(text: str, thread: ThreadContext) -> None:
    """What people say to one another is no wish of ours and no question to us, whatever words are in it."""
    intent = read_intent(text, thread)
    assert not is_addressed_to_bot(text, intent), intent


def test_stories_told_to_one_another_are_not_for_us() -> None:
    """What people say of their trouble to one another begins nothing, although it is all about our subjects."""
    stories = [row.text for row in load("symptoms", "tuning")]
    assert [text for text in stories if is_addressed_to_bot(text, read_intent(text, THREAD))] == []


@pytest.mark.parametrize("text", FOR_US)
def test_wishes_and_questions_are_for_us(text: str) -> None:
    """A wish, and a question that names a subject of ours or only points at the verdict, is for us."""
    assert is_addressed_to_bot(text, read_intent(text, THREAD))


def test_examples_are_for_us() -> None:
    """Every example that people are given works without our name."""
    for example in EXAMPLES.replace("”", "").split("“")[1:]:
        text = example.strip(" ,")
        assert is_addressed_to_bot(text, read_intent(text, THREAD)), text


@pytest.mark.parametrize("text", ["why? " * 40, "what is TURN " * 3_000, "", " ", "\u202e?", "?" * 40_000])
def test_any_length_is_judged(text: str) -> None:
    """A long text tells something to somebody; none breaks it."""
    assert is_addressed_to_bot(text, read_intent(text, THREAD)) in (True, False)
    assert len(text.split()) < 31 or not is_addressed_to_bot(text, read_intent(text, THREAD))
