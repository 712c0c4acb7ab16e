"""A sign decides where a machine wrote it, or where people say that they saw it at their calls; else it only ranks."""

import pytest

from bot.intake.firsthand import LONGEST, firsthand, is_machine, unsigned, without_remarks
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.search.signs import find_signs

KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Could the token be expired? The app shows an error.", "The app shows an error."),
        ("What happens to a call when the token has expired?", ""),
        ("Suppose the token expired in a call, would it drop?", ""),
        ("The softphone says that it expired, what can we do?", "The softphone says that it expired"),
        ("Why does the softphone say that it expired?", "Why does the softphone say that it expired?"),
        ("Your guide says that autoplay mutes a call. We hear clicks.", "We hear clicks."),
        ("I suspect the policy, the call just ends", "the call just ends"),
        ("Last week the phone had no microphone. Calls are slow.", "Calls are slow."),
        ("Our phones lost the name server. That is solved. Calls echo.", "Calls echo."),
        ("We renewed the token and calls fail", "calls fail"),
        ("My Outlook says that it expired, and calls have no sound", "calls have no sound"),
        ("Our intranet has a self-signed certificate.", ""),
        ("The softphone in Salesforce says that it expired", "The softphone in Salesforce says that it expired"),
        ("We see it in a page that nobody needs.", ""),
        ("It is not true that the token has expired, our phone rings", "our phone rings"),
        ("Without a microphone the app raises NotFoundError, which is expected.", ""),
        ("", ""),
        ("Is it so?", ""),
        ("20104?", "20104?"),
        ("Our Jitsi server has a self-signed certificate, and calls are slow", "calls are slow"),
        ("The app's message is harmless. In old logs of the app it stood, too.", ""),
        ("My guess: the token of the app has expired. The call just stops.", "The call just stops."),
        ("There was no name for the phone, nobody sees it now", ""),
        ("The app of our tester has no microphone. The others hear an echo.", "The others hear an echo."),
        ("?", "?"),
        ("We want to know what AccessTokenExpired means for a call.", ""),
        ("Before the update we saw that the phone was silent, now calls echo", "now calls echo"),
        ("The SIP phones behind the PBX lost their names", ""),
        ("It worked before the update; now the app says it is down.", "now the app says it is down."),
        ("access token is invalid", "access token is invalid"),
    ],
)  # fmt: skip
def test_what_people_saw_at_their_calls(text: str, kept: str) -> None:
    """Questions, guesses, quotes, the past, other products, and what was done are left out."""
    assert firsthand(text) == kept


@pytest.mark.parametrize(
    ("line", "by_machine"),
    [
        (
            "Connecting to 'wss://voice-js.roaming.twilio.com' violates the following Content Security Policy",
            True,
        ),
        ("NotFoundError: Requested device not found", True),
        ("A developer had a NotFoundError in the search page", False),
        ("We read that NotFoundError: means no device", False),
        ("The network is unreachable", False),
    ],
)
def test_who_wrote_a_line(line: str, by_machine: bool) -> None:
    """A machine's form, and no word of a person."""
    assert is_machine(line) is by_machine
    assert (firsthand(line) == line) is (by_machine or len(line.split()) < 5)


def test_remarks_are_found_before_spelling_is_corrected() -> None:
    """Then a plain word is not yet taken for one that descriptions have. Calls need not be named."""
    text = "Test case 13: an expired token must raise 20104. It is raised in a page."
    assert without_remarks(text) == "It is raised in a page."
    assert read("Test case 13: expired tokens raise 20104.", VOCABULARY, KNOWLEDGE).match.verdict == "close"


def test_a_plain_sentence_may_be_of_a_machine() -> None:
    """Readers of logs get it, unless a person asks or says it of another page."""
    line = "The page was not allowed to start. It must be resumed after a user gesture, and not before it."
    asked = f"{line[:-1]}?"
    assert unsigned(f"{line}\n{asked}\nThe intranet shows it") == f"{line}\n\n"
    assert firsthand(line) == ""
    assert (
        unsigned(asked * LONGEST) == firsthand(asked * LONGEST) == asked * LONGEST
    )  # only machines write so much


def test_a_sign_decides_only_in_what_was_seen() -> None:
    """Elsewhere it still ranks. A log decides in any case."""
    text = "the access token has expired"
    assert find_signs(text).named == {"token-expired"}
    for signs in (find_signs(text), find_signs("", log=text), find_signs(text, firsthand=text)):
        assert signs.decided == {"token-expired"}
    passing = find_signs(text, firsthand="")
    assert passing.named
    assert not passing.decided
    assert passing.points["token-expired"] > 0


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Our portal's token has expired last year, today calls echo.", ""),
        ("According to your guide an expired token gives 20104. We get silence.", ""),
        (
            "I read in the wiki that a Content Security Policy blocks connect-src. Calls end after a minute.",
            "",
        ),
        ("A colleague's other app throws NotReadableError. On our phone calls end early.", ""),
        ("We added connect-src to our CSP, and 31009 is still there.", ""),
        ("On the tester's phone the app throws NotReadableError. The others hear a beep in calls.", ""),
        ("Which error do I get when port 10194 is blocked by the router?", ""),
        ("port 10194 is blocked by the router", "legacy-signaling-port"),
        ("20104?", "token-expired"),
        ("Agents report that the dialer says the access token has expired", "token-expired"),
        ("20104 in the phone since noon", "token-expired"),
        ("The app cannot call: getaddrinfo ENOTFOUND chunder.twilio.com", "dns-failing"),
    ],
)
def test_sure_and_found_need_what_was_seen(text: str, cause: str) -> None:
    """What is mentioned in passing makes no cause sure, and is no evidence of the device."""
    reading = read(text, VOCABULARY, KNOWLEDGE)
    assert (reading.match.verdict == "sure") is bool(cause)
    assert not any(report.csp for report in reading.reports)
    assert not any("20104" in fault.codes for fault in reading.faults) or cause
    assert not cause or reading.match.causes[0].cause == cause
