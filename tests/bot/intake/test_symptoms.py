"""Stories become causes with a confidence: ahead where it is clear, a choice where not, nothing where nothing fits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.read import read
from bot.language.make_request import request_for, request_for_match
from bot.model.symptom_match import OFFERED
from bot.model.vocabulary import make_vocabulary
from bot.rendering.symptom_text import understood
from bot.rendering.terminal.symptoms import render_readings
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.search.languages import language_of

KNOWLEDGE = load_knowledge()
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(), ("local",))


@pytest.mark.unmeasured
@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read(text: str) -> None:
    """Whatever the text, confidences are shares of one, fall, and a request is of a known code."""
    readings = read(text, VOCABULARY, KNOWLEDGE).match
    scores = [one.score for one in readings.causes]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) <= 1.01
    assert len(readings.offered) <= OFFERED
    assert understood(readings)
    request = request_for_match(readings, KNOWLEDGE, VOCABULARY)
    assert request is None or request.code in KNOWLEDGE.errors


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("works on mobile data but not on office wifi", "signaling-blocked"),
        ("registration lost after sleep", "client-asleep"),
        ("the browser blocked my mic", "microphone-denied"),
        ("no audio on VPN", "vpn-in-the-way"),
    ],
)
def test_clear_stories_go_ahead(text: str, cause: str) -> None:
    """A story that fits one cause is read as that, and said so."""
    readings = read(text, VOCABULARY, KNOWLEDGE).match
    assert readings.verdict == "sure"
    assert readings.offered[0].cause == cause
    assert understood(readings).startswith("Sounds like: ")
    request = request_for_match(readings, KNOWLEDGE, VOCABULARY)
    assert request is not None
    assert cause in {one.id for one in KNOWLEDGE.causes.values() if request.code in one.weight}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("connected but silence", "media-udp-blocked"),
        ("they hear me but I hear nothing", "media-udp-one-way"),
        ("login expired", "token-expired"),
        ("choppy audio", "quality-poor"),
    ],
)
def test_few_words_are_never_sure(text: str, cause: str) -> None:
    """Two or three words rank a cause first, and claim nothing."""
    readings = read(text, VOCABULARY, KNOWLEDGE).match
    assert readings.verdict == "close"
    assert readings.offered[0].cause == cause


def test_close_stories_are_offered() -> None:
    """A story that fits several is a choice of three, and a choice makes a request of its own."""
    readings = read("wifi trouble", VOCABULARY, KNOWLEDGE).match
    assert readings.verdict == "close"
    assert len(readings.offered) == OFFERED
    for one in readings.offered:
        request = request_for(readings, [one], KNOWLEDGE, VOCABULARY)
        assert request is not None
        assert request.code in KNOWLEDGE.causes[one.cause].weight


@pytest.mark.parametrize(
    "text", ["", "  ", "hello", "thanks", "\N{PILE OF POO}", "12", "expired", "our pizza is cold"]
)
def test_nothing_is_read_into_nothing(text: str) -> None:
    """What tells of no known cause is no reading."""
    readings = read(text, VOCABULARY, KNOWLEDGE).match
    assert readings.verdict == "none"
    assert request_for_match(readings, KNOWLEDGE, VOCABULARY) is None


@pytest.mark.parametrize(
    "text",
    [
        "the Teams meeting sounds like a robot",
        "our Webex sessions have been choppy all day",
        "no sound in Zoom",
        "YouTube stutters on the meeting room's screen",
        "the access token of the Jenkins job has expired",
        "our content security policy (CSP) blocks Google Fonts",
        "cdn.shop.example gives NXDOMAIN",
    ],
)
def test_what_is_heard_in_another_product_is_not_ours(text: str) -> None:
    """Even if its trouble sounds like ours, nothing is claimed."""
    assert read(text, VOCABULARY, KNOWLEDGE).match.verdict == "none"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("when Teams is open, our softphone has no microphone", "microphone-unavailable"),
        ("in Zoom everybody is heard, in the web phone there is silence", "media-udp-blocked"),
    ],
)
def test_another_product_beside_ours_is_no_hindrance(text: str, cause: str) -> None:
    """It may hold the microphone, or be what works."""
    readings = read(text, VOCABULARY, KNOWLEDGE).match
    assert readings.verdict != "none"
    assert cause in [one.cause for one in readings.causes[:3]]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("our webhook takes 17 seconds to answer and the caller hears an error message", "webhook-slow"),
        ("people in Tokyo hear each other late, the edge is ashburn", "edge-mismatch"),
        (
            '{"error_code": "11200", "log_level": "error", "alert_text": "HTTP retrieval failure"}',
            "webhook-slow",
        ),
        ("die Android-App klingelt im Hintergrund nicht", "push-registration"),
        ("o aplicativo parou de tocar em segundo plano no Android", "push-registration"),
        ("la app de Android deja de sonar en segundo plano", "push-registration"),
        ("dalla sede il telefono nel browser non si collega, da casa sì", "signaling-blocked"),
        ("quand je passe de la 4G au Wi-Fi la communication est coupée", "network-change"),
        ("no audio since the UDP exception was deleted", "media-udp-blocked"),
        ("31000 when the laptop goes from the dock to Wi-Fi", "network-change"),
    ],
)
def test_the_phrase_ranks_its_cause_high(text: str, cause: str) -> None:
    """A slow webhook, an edge far away, an app in the background, a change: the words of other causes do not win."""
    readings = read(text, VOCABULARY, KNOWLEDGE).match
    assert readings.verdict != "none"
    assert cause in [one.cause for one in readings.causes[:2]]


@pytest.mark.parametrize(
    "text",
    [
        "das Token ist noch nicht abgelaufen",
        "el token no ha caducado",
        "le jeton n'est pas expiré",
        "o token não expirou",
    ],
)
def test_a_token_that_has_not_expired_in_other_languages(text: str) -> None:
    """A denial is no report."""
    readings = read(f"{text}. no sound", VOCABULARY, KNOWLEDGE).match
    assert readings.causes[0].cause != "token-expired"


def test_clues_are_kept() -> None:
    """Platform, edge and what is said of the VPN go into the request; so does a code, which counts more."""
    readings = read("no sound on my iPhone over a VPN, edge dublin", VOCABULARY, KNOWLEDGE).match
    request = request_for_match(readings, KNOWLEDGE, VOCABULARY)
    assert request is not None
    assert (request.platform, request.edge, request.answers) == ("ios", "dublin", {"vpn": "yes"})
    with_code = read("31009 and the call connects but silence", VOCABULARY, KNOWLEDGE).match
    assert with_code.codes == ("31009",)
    assert (made := request_for_match(with_code, KNOWLEDGE, VOCABULARY)) is not None
    assert made.code == "31009"


def test_causes_of_other_platforms_are_left_out() -> None:
    """A cause that cannot be on the platform named is no reading."""
    readings = read("websocket blocked by the proxy on Android", VOCABULARY, KNOWLEDGE).match
    assert readings.clues["platform"] == "android"
    for one in readings.causes:
        platforms = KNOWLEDGE.causes[one.cause].platforms
        assert not platforms or "android" in platforms


@pytest.mark.parametrize(
    "text",
    [
        "audio was missing last week, it is solved now",
        "it works again since this morning, yesterday no audio",
        "I was declined a loan",
        "my Xbox loses the connection",
        "Teams meetings freeze for the whole floor",
        "a Zoom call of ours broke off twice",
        "the calls are all fine again since noon",
        "this has been solved, thanks",
    ],
)
def test_nothing_of_ours_is_wrong(text: str) -> None:
    """Calls of another product, and what is well again, are no trouble to look into."""
    assert read(text, VOCABULARY, KNOWLEDGE).match.verdict == "none"


@pytest.mark.parametrize(
    "text", ["our dialer calls freeze while Zoom is fine", "calls are fine at home but fail here"]
)
def test_what_is_well_elsewhere_does_not_hide_the_trouble(text: str) -> None:
    """A place where all is well is only half of the story."""
    assert read(text, VOCABULARY, KNOWLEDGE).match.verdict != "none"


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("black screen on a Pixel 7 when a call comes", "android"),
        ("both iPads stay silent", "ios"),
        ("Twilio.Device offline", "javascript"),
        ("OverconstrainedError: deviceId", "javascript"),
        ("NotFoundError: Requested device not found", "javascript"),
        ("INFO:TwilioVoice:[Platform]: registered", "ios"),
        ("I/Twilio: [Signaling](1): RESIP::DUM: Got: SipReq:  BYE", "android"),
        (
            "a Samsung phone, and the page in its browser says WebSocket connection to wss failed",
            "javascript",
        ),
    ],
)
def test_a_device_is_the_weakest_reason_for_a_platform(text: str, platform: str) -> None:
    """What wrote the text beats what people call their phone."""
    assert read(text, VOCABULARY, KNOWLEDGE).clues["platform"] == platform


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("we had 31205 last week, that is fixed; now no sound", ()),
        ("31009 is gone since the update, but now nobody hears us", ()),
        ("31205 was in the logs of last year, solved; today calls have no sound", ()),
        ("31205 since last week, nothing works any more", ("31205",)),
        ("31205 came last week, it is not solved, nothing works", ("31205",)),
        ("31208 was solved, now it says 31404 and fails", ("31404",)),
        ("31205 is fixed", ("31205",)),
    ],
)
def test_a_code_of_the_past_is_not_the_trouble(text: str, codes: tuple[str, ...]) -> None:
    """What is fixed does not decide over what fails now; alone, it is still what the text is about."""
    assert read(text, VOCABULARY, KNOWLEDGE).codes == codes


@pytest.mark.parametrize(
    "text", ["invoice 31005 is late", "extension 31009 rings", "ポート31009を開けました", "端口53405被封"]
)
def test_a_number_of_something_else_is_no_code(text: str) -> None:
    """What stands right before a number says what it counts."""
    assert read(text, VOCABULARY, KNOWLEDGE).codes == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("the same agent is signed in on two computers and only one rings", "several-clients"),
        ("no ring on the iPhone once the app is swiped away", "push-registration"),
        ("since 8:00 all customers in every country are offline", "service-failing"),
        ("the staff wifi cannot connect calls, the guests can", "signaling-blocked"),
        ("they talk and it takes three seconds before we hear it", "quality-poor"),
        ("behind the proxy with NTLM all phones get disconnected", "proxy-login"),
        ("java.lang.SecurityException: com.acme.phone needs to be an active phone account", "app-error"),
        ("20104 on a PC with a wrong date", "clock-skew"),
        ("the dialer keeps a token that is three days old", "token-expired"),
        ("after we moved our project to Sydney every token is refused", "region-mismatch"),
        ("Die Telefonie-App stürzt beim Annehmen ab", "app-error"),
        ("RTCPeerConnection: connectionState failed after 15 seconds", "media-udp-blocked"),
        ("dtlsTransport state failed", "dtls-failing"),
        ("La hora del ordenador está mal y no se registra", "clock-skew"),
        ("the service desk's number is engaged every time I dial", "call-outcome"),
        ("callers sound like a dalek", "quality-poor"),
        ("at noon the ping jumps to 900 ms and calls are useless", "quality-poor"),
        ("each 60 minutes the web phone is offline, F5 cures it", "token-expired"),
        ("on Flutter with the screen off nobody hears me", "app-error"),
        ("choppy audio over RDP, on her own laptop it is clear", "vdi"),
        ("31201: this token does not permit outbound calls", "token-without-grant"),
        ("as soon as the VPN is up I can't hear the caller", "vpn-in-the-way"),
        ("the API secret may be wrong: invalid signature on each call", "token-invalid"),
        ("notifications are enabled on the handset, it never rings for a call", "push-registration"),
        (
            "Invoke-WebRequest: Could not establish trust relationship for the SSL/TLS channel",
            "tls-intercepted",
        ),
        ("our people in Riyadh never have audio", "media-udp-blocked"),
        ("our trial project lets me dial nobody else", "account-restricted"),
        ("of two tabs, the last to log in gets every call", "several-clients"),
        ("443 is open and the websocket is torn down right after it connects", "websocket-blocked"),
        ("only the fourth floor freezes, the neighboring floors work", "network-change"),
        ("it is neither the mic nor the headset, I just can't hear the caller", "media-udp-one-way"),
        ("pas de sonnerie avant de cliquer sur l'écran, les appels sont là", "autoplay-blocked"),
        ("ogni ora il telefono è offline e devo ricaricare la pagina", "token-expired"),
        ("la fecha del portátil es de 2001, no hay llamadas", "clock-skew"),
        ("wenn wir das Kabel abziehen, bricht das Gespräch ab", "network-change"),
    ],
)
def test_turns_of_speech_point_to_their_cause(text: str, first: str) -> None:
    """Who is affected, where, and when points to the cause more than the single words."""
    match = read(text, VOCABULARY, KNOWLEDGE).match
    assert match.verdict != "none"
    assert match.causes[0].cause == first


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wij hebben geen geluid op kantoor maar thuis werkt het wel", ""),
        ("Nie ma dzwieku, klient nas nie slyszy w biurze", ""),
        ("no audio at home", "en"),
        ("sin audio en la oficina, no se oye nada", "es"),
    ],
)
def test_languages_that_are_not_read(text: str, language: str) -> None:
    """A language that is not read is none, and not English."""
    assert language_of(text) == language


def test_an_attachment_is_no_trouble() -> None:
    """A sentence that only points to a file claims nothing."""
    found = read("Android app, please see the attached Wireshark file", VOCABULARY, KNOWLEDGE)
    assert found.match.verdict == "none"


def test_a_cause_that_the_text_itself_denies_is_not_offered() -> None:
    """Without a VPN, none is to blame; the answer is said in words."""
    match = read(
        "VPN is off, and calls work on mobile data, but not in the office", VOCABULARY, KNOWLEDGE
    ).match
    assert match.clues["vpn"] == "no"
    assert match.causes
    assert "vpn-in-the-way" not in [cause.cause for cause in match.causes]
    lines = [line.text for line in render_readings(match, KNOWLEDGE)]
    assert "Is the user on a VPN, or using a DNS server in another place? No, neither." in lines
