"""Denials and contrasts are read as they are written, and signs point to causes that exist."""

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.search.languages import ENGLISH, language_of, to_english
from knowledge.search.signs import find_signs, known_causes
from knowledge.search.spelling import correct
from knowledge.search.statements import read_statements, without_past


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("it works with the VPN, without it nothing connects", "vpn-in-the-way"),
        ("we are on no VPN and there is no audio", "vpn-in-the-way"),
        ("the permission for the microphone is granted", "microphone-denied"),
        ("there is no proxy on this line", "proxy-required"),
        ("the token is valid", "token-invalid"),
        ("it is not the microphone", "microphone-denied"),
        ("the token has not expired yet", "token-expired"),
        ("the mic was blocked at first and now it is allowed", "microphone-denied"),
        ("another headset changed nothing", "microphone-unavailable"),
        ("the token is only seconds old", "token-expired"),
        ("there is no loss on the line", "packet-loss"),
        ("they do not use Citrix or a remote desktop", "vdi"),
        (
            "with the extension removed it is no different, extension off made no difference",
            "browser-extension",
        ),
    ],
)
def test_what_is_denied_counts_against_its_cause(text: str, cause: str) -> None:
    """What is ruled out loses points, and is no word of the story any more."""
    assert read_statements(text).points[cause] < 0


@pytest.mark.parametrize("text", ["without the VPN it works", "no audio on the VPN, off the VPN it is fine"])
def test_a_vpn_that_fails_is_blamed(text: str) -> None:
    """The same words the other way round accuse the VPN."""
    assert read_statements(text).points["vpn-in-the-way"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "no internet at all",
        "no microphone found",
        "no token was passed",
        "the mic is dead in the new version",
        "the token was refused by the new gateway",
        "a certificate warning on all new tablets",
        "the clock of the new terminals is an hour late",
        "the proxy asks for a password right away",
        "the permission was given once and is asked for again",
        "the access token is valid for an hour and the phone dies then",
    ],
)
def test_a_complaint_is_no_denial(text: str) -> None:
    """ "No microphone" complains about it."""
    assert read_statements(text).denied == []


def test_what_is_over_is_left_out() -> None:
    """A fault that was fixed is not the fault of today, unless the text has no other."""
    assert "token" not in without_past("the expired token is fixed; now calls have no audio")
    assert "token" in without_past("the expired token is fixed")


def test_signs_name_known_causes() -> None:
    """Each cause in the file of signs is one of the knowledge."""
    assert known_causes() - set(load_knowledge().causes) <= {"proxy-login", "ipv6-only", "path-mtu"}


def test_a_code_in_another_context_is_open() -> None:
    """31403 says something else while the app registers; then its cause is open."""
    assert find_signs("31403 while registering for push", ["31403"]).opened == {"31403"}
    assert find_signs("31403 on every call", ["31403"]).opened == frozenset()


def test_english_stays_as_it_is() -> None:
    """An English text is taken for English, and loan words for nothing else."""
    text = "no audio on the office network, the token is fine"
    assert language_of(text) == ENGLISH
    assert to_english(text, ENGLISH) == text


def test_misspelled_words_are_corrected() -> None:
    """One slip is corrected to the known word; names, hosts and known words stay."""
    known = frozenset({"connect", "token", "expired"})
    assert correct("tokn expird, cannot conect", known) == "token expired, cannot connect"
    assert correct("chunderm.example stays", known) == "chunderm.example stays"


def test_a_token_that_has_not_expired_may_still_be_wrong() -> None:
    """Only what was denied is ruled out."""
    points = read_statements("the token is not expired").points
    assert points["token-expired"] < 0
    assert "token-invalid" not in points


@pytest.mark.parametrize(
    "text", ["it is my turn to call", "calls turn green and stop", "they turned the TV off"]
)
def test_to_turn_is_no_turn_server(text: str) -> None:
    """The verb has nothing to do with TURN servers."""
    assert "turn" not in read_statements(text).text.casefold()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("with the blocker extension off, calls connect", "browser-extension"),
        ("as soon as I pause uBlock the phone registers", "browser-extension"),
        ("once TLS inspection is disabled, everything works", "tls-intercepted"),
        ("without the proxy calls go through", "websocket-blocked"),
        ("hotel wifi: nothing connects, on the hotspot it works", "captive-portal"),
    ],
)
def test_what_helps_when_it_is_taken_away_is_blamed(text: str, cause: str) -> None:
    """“Without the blocker it works” speaks for the blocker. A public network that fails speaks for its login page."""
    assert read_statements(text).points.get(cause, 0.0) > 1


@pytest.mark.parametrize(
    "text",
    [
        "with the blocker extension off, calls still fail",
        "no ad blocker here, and calls connect without sound",
        "we removed the extension and the phone does not connect",
    ],
)
def test_what_changes_nothing_when_it_is_taken_away_is_ruled_out(text: str) -> None:
    """Taken away without effect is ruled out."""
    assert read_statements(text).points.get("browser-extension", 0.0) < 0


@pytest.mark.parametrize(
    "text",
    [
        "it does NOT say that the token has expired",
        "there is no message about an expired token",
        "nobody said that the token is expired",
        "the log never mentions the token",
    ],
)
def test_what_nothing_reports_is_not_reported(text: str) -> None:
    """A message that did not come is not in the text any more; a complaint stays."""
    assert "token" not in read_statements(f"calls fail; {text}").text


@pytest.mark.parametrize(
    "text",
    [
        "at first we suspected the token, but it is something else",
        "they thought it was the token but a new one fails as well",
        "we have ruled out the token",
    ],
)
def test_what_people_suspected_before_is_not_suspected_now(text: str) -> None:
    """It is not in the text any more. A guess without a contrast stays."""
    assert "token" not in read_statements(f"calls fail; {text}").text
    assert "token" in read_statements("we suspected the token. Calls fail").text


def test_a_microphone_that_is_allowed_may_still_be_the_wrong_one() -> None:
    """A granted permission rules out that it is denied, and not that another microphone is in use."""
    statements = read_statements("the mic permission is granted, and nobody hears the agent")
    assert statements.points["microphone-denied"] < 0 < statements.points["microphone-unavailable"]


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("net::ERR_NAME_NOT_RESOLVED at https://cdn.shop.example/a.js", False),
        ("net::ERR_NAME_NOT_RESOLVED at wss://voice-js.dublin.twilio.com/signal", True),
        ("net::ERR_NAME_NOT_RESOLVED", True),
    ],
)
def test_a_failure_of_another_host_is_no_sign(text: str, fires: bool) -> None:
    """A line that names only hosts of others says nothing about ours."""
    assert ("dns-failing" in find_signs(text).points) is fires


def test_a_network_that_works_needs_no_verb() -> None:
    """“On mobile data at once” says that it works there."""
    statements = read_statements("at the plant no call goes out, on mobile data at once")
    assert statements.points["signaling-blocked"] > 0


def test_a_complaint_about_what_is_missing_stays() -> None:
    """“The app does not show the incoming call” is a symptom."""
    assert "incoming call" in read_statements("the app does not show the incoming call").text


def test_what_is_not_blocked_is_ruled_out() -> None:
    """A firewall that does not block UDP is no reason to look for blocked media."""
    statements = read_statements("the firewall is not blocking UDP, we checked")
    assert statements.points["media-udp-blocked"] < 0


@pytest.mark.parametrize(
    "text",
    [
        "Kein VPN, im Büro-WLAN kein Ton",
        "senza VPN non funziona",
        "VPNは使っていません。音が聞こえません",
        "no es culpa del VPN, no hay audio",
        "Aucun VPN, pas de son au bureau",
        "Sem VPN, sem som no escritório",
    ],
)
def test_denials_of_other_languages_are_read(text: str) -> None:
    """“No VPN” rules out the VPN in each language."""
    assert read_statements(to_english(text, language_of(text))).points.get("vpn-in-the-way", 0.0) < 0


@pytest.mark.parametrize(
    "text",
    [
        "con VPN no hay voz, sin VPN sí",
        "com VPN não há som, sem ela funciona",
        "mit VPN kein Ton, ohne läuft alles",
        "con la VPN non si sente niente, se la spengo funziona",
        "VPNにつなぐと音が聞こえません。VPNを切ると正常です",
    ],
)
def test_a_vpn_that_fails_is_blamed_in_other_languages(text: str) -> None:
    """A yes without a verb, a pronoun for the VPN, and other stops say where it works, too."""
    assert read_statements(to_english(text, language_of(text))).points["vpn-in-the-way"] > 0


@pytest.mark.parametrize("text", ["звонки не работают в офисе", "通话没有声音", "통화가 연결되지 않습니다"])
def test_a_language_that_is_not_read_has_no_id(text: str) -> None:
    """Text in other letters is not called English."""
    assert language_of(text) == ""
