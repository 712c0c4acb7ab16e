"""What people really write is understood, or answered with what to write instead."""

# ruff: noqa: RUF001, E501 - look-alikes on purpose, and a table with one phrase a line

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.intake.read import read
from bot.language.make_request import AmbiguousCode, make_request
from bot.model.request import Request, Vocabulary
from bot.model.vocabulary import heard_words
from knowledge.loading.load import load_knowledge

WORDS = Vocabulary(
    codes=("31005", "31009", "53000"),
    platforms={
        "javascript": "javascript", "js": "javascript", "web": "javascript", "browser": "javascript", "typescript": "javascript",
        "ios": "ios", "iphone": "ios", "ipad": "ios", "swift": "ios", "objective-c": "ios",
        "android": "android", "kotlin": "android", "java": "android",
        "react-native": "react-native", "rn": "react-native", "reactnative": "react-native",
    },
    edges=("roaming", "ashburn", "frankfurt", "sao-paulo", "dublin", "sydney"),
    options={"sdk-version": {}, "turn": {"yes": "yes", "y": "yes", "no": "no"}, "vpn": {"yes": "yes", "no": "no"}},
    relays=("local", "acme-hq", "acme-lab"),
    heard=heard_words(load_knowledge()),
)  # fmt: skip

ANDROID_LOG = """2026-11-22 09:23:39.345 12345-12399/com.acme.phone E/TwilioVoice: onConnectFailure
com.twilio.voice.CallException: Transport error 31009 at java.net.Socket
  to 203.0.113.10:31005 took 30000 ms, thread 53000, port 10194, UDP 10000-60000"""

JS_LOG = """[TwilioVoice][Call] ERROR {"code": 31009, "message": "No transport available to send or receive messages"}
    at PStream._publish (https://app.example/static/twilio-voice.js:10342:17)"""

READ = [
    ("31005, Registration failed", Request("31005")),
    ("Registration failed: 31005", Request("31005")),
    ("TwilioError: TransportErrors.Unavailable (31009)", Request("31009")),
    ("[31009] - transport failed!", Request("31009")),
    ("/diagnose 31009", Request("31009")),
    ("31009", Request("31009")),
    ("  31009\n", Request("31009")),
    ("31009 ios edge=frankfurt from acme-hq", Request("31009", "ios", "frankfurt", relays=("acme-hq",))),
    ("31009 IOS", Request("31009", "ios")),
    ("31009 andriod", Request("31009", "android")),
    ("31009 Javscript", Request("31009", "javascript")),
    ("31009 react native", Request("31009", "react-native")),
    ("31009 React-Native on Android", Request("31009", "react-native")),
    ("31009 edge=frankfort", Request("31009", edge="frankfurt")),
    ("31009 Edge: Frankfurt", Request("31009", edge="frankfurt")),
    ("31009 egde=frankfurt ios edge frankfurt", Request("31009", "ios", "frankfurt")),
    ("31009 from acme_hq", Request("31009", relays=("acme-hq",))),
    ("error 31009", Request("31009")),
    ("Error: 31009!", Request("31009")),
    ("ERROR CODE 31009 ???", Request("31009")),
    ("err31009", Request("31009")),
    ("E31009", Request("31009")),
    ("TwilioError31009", Request("31009")),
    ("#31009", Request("31009")),
    ("(31009)", Request("31009")),
    ("31009:", Request("31009")),
    ("31009.", Request("31009")),
    ("*31009*", Request("31009")),
    ("`31009`", Request("31009")),
    ("“31009”", Request("31009")),
    ("code=31009", Request("31009")),
    ("errorCode=31009", Request("31009")),
    ('{"code":31009,"message":"Transport error"}', Request("31009")),
    ("31 009", Request("31009")),
    ("31.009", Request("31009")),
    ("31,009", Request("31009")),
    ("3-1-0-0-9", Request("31009")),
    ("31OO9", Request("31009")),
    ("3l009 please", Request("31009")),
    ("３１００９", Request("31009")),
    ("٣١٠٠٩", Request("31009")),
    ("31\u200b009", Request("31009")),
    ("31009 іоѕ", Request("31009", "ios")),
    ("31009 ＡＮＤＲＯＩＤ", Request("31009", "android")),
    ("https://www.twilio.com/docs/api/errors/31009", Request("31009")),
    ("<https://www.twilio.com/docs/api/errors/31009>", Request("31009")),
    ("<https://www.twilio.com/docs/api/errors/31009|Twilio docs> what is this", Request("31009")),
    ("see https://www.twilio.com/docs/api/errors/31009#possible-causes", Request("31009")),
    ("Hi team, a customer gets 31009 on his iPhone since this morning, can you look?", Request("31009", "ios")),
    ("customer in Dublin sees error 31009 in the browser", Request("31009", "javascript")),
    ("why do we keep getting 31009", Request("31009")),
    ("our kotlin app throws 31009 when the user is on a VPN", Request("31009", "android", answers={"vpn": "yes"})),
    ("31009, not on a vpn", Request("31009", answers={"vpn": "no"})),
    ("31009 without VPN, we don't pass TURN", Request("31009", answers={"vpn": "no", "turn": "no"})),
    ("31009 happens with TURN servers configured", Request("31009", answers={"turn": "yes"})),
    ("31009 when I turn off wifi", Request("31009")),
    ("31009 on iOS with SDK 6.12.0", Request("31009", "ios", answers={"sdk-version": "6.12.0"})),
    ("swift app, version 2.1.0, code 31009", Request("31009", "ios", answers={"sdk-version": "2.1.0"})),
    ("we use @twilio/voice-sdk@2.18.5 in a web app and see 31009", Request("31009", "javascript", answers={"sdk-version": "2.18.5"})),
    ("31009 with SDK 2.1.0", Request("31009")),
    ("device is set to the frankfurt edge and we get 31009 errors all day", Request("31009", edge="frankfurt")),
    ("31009 edge is set to sao-paulo on android please test", Request("31009", "android", "sao-paulo")),
    ("could somebody run 31009 from acme-lab for me, platform is js?", Request("31009", "javascript", relays=("acme-lab",))),
    ("31009 on both ios and android phones of this customer", Request("31009")),
    ("<@U0123ABCD> 31009 ios", Request("31009", "ios")),
    ("@lineman 31009 ios please", Request("31009", "ios")),
    ("ticket 48213: user hits 31009", Request("31009")),
    ("port 10194 is open, still 31009", Request("31009")),
    ("31009 31009 31009", Request("31009")),
    (ANDROID_LOG, Request("31009", "android")),
    (JS_LOG, Request("31009", "javascript")),
    ("31009 &amp; <tel:+14155550123|+1 415-555-0123>", Request("31009")),
    ("31009, platform is android, the same user is fine on ios", Request("31009", "android")),
    ("we get 31009 all day long, relay: acme-hq", Request("31009", relays=("acme-hq",))),
    ("please run 31009 on the acme-lab relay", Request("31009", relays=("acme-lab",))),
    ("31009 in our ios app, sdk-version: 2", Request("31009", "ios", answers={"sdk-version": "2"})),
    ("31009 all the time, the vpn is on", Request("31009", answers={"vpn": "yes"})),
    ("31009 since today, turn: no, vpn: off", Request("31009", answers={"turn": "no", "vpn": "no"})),
    ("31009 since today, TURN: yes", Request("31009", answers={"turn": "yes"})),
    ("31009 — what now?", Request("31009")),
    ("31009 when client B does not pick up the phone", Request("31009")),
    ("Fehler 31009 beim Anruf", Request("31009")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "request_"), READ, ids=[text[:60] for text, _ in READ])
def test_phrase_is_understood(text: str, request_: Request) -> None:
    """A code with what is known around it becomes the request that the writer meant."""
    assert make_request(read(text, WORDS), WORDS) == request_


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("31005 and 31009", ("31005", "31009")),
        ("31009/31005", ("31009", "31005")),
        ("31005,31009", ("31005", "31009")),
        ("first 53000 then error 31009, later 53000 again on ios", ("53000", "31009")),
    ],
)
def test_several_codes_are_a_choice(text: str, codes: tuple[str, ...]) -> None:
    """Several codes are asked about, each a request of its own with what else was said."""
    choices = make_request(read(text, WORDS), WORDS)
    assert isinstance(choices, AmbiguousCode)
    assert tuple(label for label, _ in choices.options) == codes
    assert tuple(request.code for _, request in choices.options) == codes
    assert all(request.platform == ("ios" if "ios" in text else None) for _, request in choices.options)
    assert all(code in choices.ask for code in codes)


@pytest.mark.parametrize(
    ("text", "relays"),
    [
        ("/diagnose 31009 from acme-hq and acme-lab", ("acme-hq", "acme-lab")),
        ("31009 ios from acme-hq, acme-lab, local", ("acme-hq", "acme-lab", "local")),
        ("our iPhones get 31009, please look from acme-hq and acme-lab", ("acme-hq", "acme-lab")),
        ("31009 from acme-hq and it fails", ("acme-hq",)),
        ("calls of a customer fail with 31009 from time to time", ("local",)),
        ("31009 from customer", ("local",)),
    ],
)
def test_relays_are_listed_as_people_do(text: str, relays: tuple[str, ...]) -> None:
    """One or several relays are found after “from”, and other words are none."""
    found = make_request(read(text, WORDS), WORDS)
    assert isinstance(found, Request)
    assert found.relays == relays


@pytest.mark.parametrize(
    "text", ["31009 from acme-hq and paris", "31009 ios from paris, acme-hq", "31009 from paris"]
)
def test_relay_that_is_none_is_told(text: str) -> None:
    """A command that names a relay that is none is never carried out from elsewhere; offered are those one may use."""
    for words, known in ((WORDS, "acme-hq, acme-lab, local"), (replace(WORDS, offered=("local",)), "local")):
        error = make_request(read(text, words), words)
        assert isinstance(error, UsageError)
        assert str(error) == f"“paris” is not a relay; known: {known}."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "I found no error code in that. Try `/diagnose 31009`"),
        ("hello", "I found no error code"),
        ("it does not work", "I found no error code"),
        ("calls drop on 203.0.113.10:5060 after 30000 ms", "I found no error code"),
        ("UDP 10000-60000 is open", "I found no error code"),
        ("2026-11-22 09:23:39.123 +0100", "I found no error code"),
        ("port 10194", "I found no error code"),
        ("call +1 415 555 0123", "I found no error code"),
        ("31090", "did you mean 31009"),
        ("error 31010", "did you mean"),
        ("https://www.twilio.com/docs/api/errors/31008", "did you mean"),
        ("error 99999", "“99999” is not an error code known here; known: 31005, 31009, 53000."),
        ("31009 windows", "“windows” is not a code, a platform or an edge"),
        ("31009 edge=mars", "“mars” is not an edge"),
        ("31009 turn=maybe", "is not an answer for turn"),
        ("31009 --colour red", "is not an option"),
        ("31009 trun=yes", "did you mean turn?"),
    ],
)
def test_what_is_not_understood_is_answered(text: str, said: str) -> None:
    """The answer says what to write instead, with the nearest word or with examples."""
    answer = make_request(read(text, WORDS), WORDS)
    assert isinstance(answer, UsageError), answer
    assert said in str(answer)


pieces = st.sampled_from(
    ["31009", "31005", "99999", "error", "code=", "ios", "edge=", "frankfurt", "from", "acme-hq", "turn=no", "VPN", "not on a",
     "<", "|", ">", "&lt;", "https://x.example/errors/", "sdk", "2.1.0", "--", "=", "\n", "\x00", "\ud800", "٣", "½", "²", "ⅷ"]
)  # fmt: skip


@pytest.mark.unmeasured
@settings(max_examples=1500, deadline=None)
@given(
    st.text()
    | st.lists(pieces | st.text(max_size=5), max_size=12).map(" ".join)
    | st.lists(pieces).map("".join)
)
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever is sent, there is a request for a known code, a choice of some, or a sentence for people."""
    answer = make_request(read(text, WORDS), WORDS)
    match answer:
        case Request():
            assert answer.code in WORDS.codes
        case AmbiguousCode():
            assert len(answer.options) > 1
        case UsageError():
            assert str(answer).isprintable()


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "1 ",
        "3",
        "31009 ",
        "edge ",
        "from a ",
        "<",
        "error ",
        "0o",
        "a-",
        "vpn ",
        "not on the ",
        "&lt;",
        "(((",
    ],
)
def test_huge_text_is_read_in_time(piece: str) -> None:
    """A megabyte of anything is answered in less time than a person notices beside Slack's own."""
    begun = time.process_time()
    make_request(read(piece * (1_000_000 // len(piece)), WORDS), WORDS)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SignalingConnectionError (53000)", "53000"),
        ("CallException: 31005", "31005"),
        ("error.code === 31009", "31009"),
        ("31009 websocket", "31009"),
    ],
)
def test_what_a_program_writes_is_no_misspelled_command(text: str, code: str) -> None:
    """A code with the name of an error's class, or with a word about calls, is a request."""
    request = make_request(read(text, WORDS), WORDS)
    assert isinstance(request, Request)
    assert request.code == code
