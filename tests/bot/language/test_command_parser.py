"""What people may type, and what they are told when it means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.language.command_parser import parse, parse_words
from bot.model.request import Request, Vocabulary

WORDS = Vocabulary(
    codes=("31005", "31009", "53000"),
    platforms={"javascript": "javascript", "js": "javascript", "ios": "ios", "android": "android"},
    edges=("roaming", "ashburn", "frankfurt", "sao-paulo"),
    options={
        "sdk-version": {},
        "turn": {"yes": "yes", "y": "yes", "no": "no"},
        "vpn": {"yes": "yes", "no": "no"},
    },
    relays=("local", "acme-hq", "acme-lab"),
)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("/diagnose 31009", Request("31009")),
        ("diagnose 31009", Request("31009")),
        ("31009 JS", Request("31009", "javascript")),
        ("ios 31009 frankfurt", Request("31009", "ios", "frankfurt")),
        (
            "/diagnose 31009 ios edge=frankfurt from acme-hq",
            Request("31009", "ios", "frankfurt", relays=("acme-hq",)),
        ),
        ("31009 --edge sao-paulo --turn=NO", Request("31009", edge="sao-paulo", answers={"turn": "no"})),
        ("31009 —edge ashburn vpn=yes", Request("31009", edge="ashburn", answers={"vpn": "yes"})),
        ("31009 android sdk-version=v2.0.7", Request("31009", "android", answers={"sdk-version": "2.0.7"})),
        ("31009 js sdk-version=1.13.0", Request("31009", "javascript", answers={"sdk-version": "1.13.0"})),
        ("31009 relay=acme-hq,acme-lab", Request("31009", relays=("acme-hq", "acme-lab"))),
        ("31009 from acme-hq and acme-lab", Request("31009", relays=("acme-hq", "acme-lab"))),
        ("31009 from ACME-HQ, acme-lab and local", Request("31009", relays=("acme-hq", "acme-lab", "local"))),
        ("from acme-hq,acme-lab 31009 js", Request("31009", "javascript", relays=("acme-hq", "acme-lab"))),
        ("31009 from acme-hq , and acme-lab", Request("31009", relays=("acme-hq", "acme-lab"))),
        ("31009 edge=ashburn edge=ashburn", Request("31009", edge="ashburn")),
        ("code=31009", Request("31009")),
        ("31009 turn=Y", Request("31009", answers={"turn": "yes"})),
    ],
)
def test_reads(text: str, request_: Request) -> None:
    """Every way to say the same thing gives the same request."""
    assert parse(text, WORDS) == request_


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No error code is given"),
        ("/diagnose", "No error code is given"),
        ("31090", "did you mean 31009"),
        ("99999", "known: 31005, 31009, 53000"),
        ("31009 windows", "“windows” is not a code, a platform or an edge"),
        ("31009 edge=frankfort", "did you mean frankfurt? others: ashburn, roaming, sao-paulo"),
        ("31009 from acme", "is not a relay"),
        ("31009 from", "A relay's name is missing after from"),
        ("31009 from acme-hq and", "A relay's name is missing after and"),
        ("31009 relay=,", "is not a relay"),
        ("31009 --edge", "A value is missing after --edge"),
        ("31009 turn=maybe", "“maybe” is not an answer for turn; known: no, y, yes"),
        ("31009 trun=yes", "“trun” is not an option; did you mean turn?"),
        ("31009 edge=ashburn edge=frankfurt", "edge is given twice, as ashburn and frankfurt"),
        ("31009 31005", "code is given twice"),
        ("31009 sdk-version=2.0.7", "sdk-version also needs a platform"),
        ("31009 ios sdk-version=new", "“new” is not a version"),
        ("31009 ios sdk-version=", "is not a version"),
        ("31009 \x1b[31mred", "unprintable characters"),
        ("31009 " + "x" * 600, "The request is longer than"),
        ("31009 edge=" + "x" * 80, "x…”"),
    ],
)
def test_refuses(text: str, said: str) -> None:
    """A request that means nothing is answered by one sentence that says what would."""
    with pytest.raises(UsageError) as caught:
        parse(text, WORDS)
    message = str(caught.value)
    assert said in message
    assert "\n" not in message
    assert message.endswith((".", "?"))


@given(
    st.text(max_size=120)
    | st.lists(st.sampled_from([*WORDS.names, "31009", "ios", "=", "--", "from", "yes"])).map(" ".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is typed gives a request or a usage error, and the error never breaks a terminal."""
    try:
        said = parse(text, WORDS).code
    except UsageError as error:
        said = str(error)
    assert said.isprintable()


def test_command_line_and_conversation_agree() -> None:
    """The command line's words and options go through the same parser as the conversation's text."""
    typed = parse("31009 ios edge=frankfurt turn=no", WORDS)
    assert parse_words(["31009", "ios"], WORDS, [("edge", "frankfurt"), ("turn", "no")]) == typed
