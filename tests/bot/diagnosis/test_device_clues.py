"""Lines from the user's own device find login pages and proxies, and the same lines about others find nothing."""

import json
from collections.abc import Mapping

import pytest

from bot.diagnosis.device_evidence import apply_device_reading, evidence_in, is_log_of_case
from bot.intake.read import read
from bot.model.request import Request
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from tests.bot.diagnosis.test_device_evidence import record_of

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
HOST = "voice-js.roaming.twilio.com"
WEBSOCKET = "WebSocket connection to 'wss://{host}/signal' failed: {why}"
SHUT: Mapping[str, Failure] = {
    "tcp": Failure.GENERIC_TIMEOUT_ERROR,
    "portal": Failure.GENERIC_TIMEOUT_ERROR,
    "tls": Failure.SKIPPED,
}


def har(status: int, host: str = HOST) -> str:
    entry = {"request": {"url": f"wss://{host}/signal"}, "response": {"status": status}}
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}})


def found(text: str, failures: Mapping[str, Failure], *, on_device: bool = True) -> dict[str, str]:
    """What a case of a browser finds with *text*, each with its confidence."""
    record = record_of(KNOWLEDGE, NETWORK, Request("31009", "javascript"), failures)
    side = apply_device_reading(record, read(text), KNOWLEDGE, NETWORK, on_device=on_device)
    return {item.cause: item.confidence for item in side.record.diagnosis.found}


@pytest.mark.parametrize(
    "text",
    [
        WEBSOCKET.format(host="chat.acme.example", why="Unexpected response code: 407"),
        WEBSOCKET.format(host=HOST, why="Unexpected response code: 407"),
        f"$ curl -v -x http://proxy:3128 https://{HOST}/\ncurl: (56) CONNECT tunnel failed, response 407",
        har(407),  # the browser may have signed in with the next request
    ],
    ids=["another site", "console", "curl", "HAR"],
)
def test_407_proves_no_login(text: str) -> None:
    """The browser may have signed in afterward, a tool has no password, and another site is another site."""
    assert "proxy-login" not in found(text, {})


@pytest.mark.parametrize(
    "text",
    [
        WEBSOCKET.format(host=HOST, why="Unexpected response code: 511"),
        har(511),
        f"$ curl -v https://{HOST}/\n> Host: {HOST}\n< HTTP/1.1 511 Network Authentication Required",
    ],
    ids=["console", "HAR", "curl"],
)
def test_511_finds_the_login_page(text: str) -> None:
    """Only login pages of networks send 511; what the relay saw as silence is then its effect."""
    assert found(text, SHUT) == {"captive-portal": "certain"}


def test_511_is_not_taken_where_it_contradicts_the_relay() -> None:
    """The relay gets the genuine pages: relay and device may be on different networks."""
    assert found(WEBSOCKET.format(host=HOST, why="Unexpected response code: 511"), {}) == {}


@pytest.mark.parametrize(
    ("text", "on_device"),
    [
        (WEBSOCKET.format(host="chat.acme.example", why="Unexpected response code: 511"), True),
        (WEBSOCKET.format(host=HOST, why="Unexpected response code: 503"), True),
        (har(511, "chat.acme.example"), True),
        (
            f"$ curl -v https://{HOST}/\n> Host: {HOST}\n< HTTP/1.1 302 Found\n< Location: https://sso.acme.example/",
            True,
        ),
        (f"$ curl -v https://{HOST}/\n> Host: {HOST}\n< HTTP/1.1 511 Network Authentication Required", False),
    ],
    ids=["another site", "503", "HAR of another site", "a redirect", "made elsewhere"],
)
def test_other_answers_find_no_login_page(text: str, on_device: bool) -> None:
    """A server's own trouble, a sign-on page, another site, or output from elsewhere find no login page."""
    assert "captive-portal" not in found(text, SHUT, on_device=on_device)


def test_proxy_error_answers_whether_the_browser_uses_a_proxy() -> None:
    """A console that names a proxy's error shows that the browser has a proxy."""
    record = record_of(KNOWLEDGE, NETWORK, Request("31009", "javascript"), {})
    text = WEBSOCKET.format(host=HOST, why="net::ERR_TUNNEL_CONNECTION_FAILED")
    side = apply_device_reading(record, read(text), KNOWLEDGE, NETWORK, on_device=True)
    assert side.record.answers["javascript"]["browser-proxy"].answer == "yes"


def test_a_healthy_case_stays_clear() -> None:
    """What only a device can show leaves the outcome of a relay's run alone."""
    record = record_of(KNOWLEDGE, NETWORK, Request("31009", "javascript"), {"websocket": Failure.NO_PROXY})
    assert {item.cause for item in record.diagnosis.not_checked if not item.person_only} & {
        "proxy-login",
        "captive-portal",
    } == set()


REFUSED = f"GET https://{HOST}/signal net::ERR_CERT_AUTHORITY_INVALID"
BY_CURL = (
    f"$ curl -v https://{HOST}/\n* Connected to {HOST} (203.0.113.5) port 443 (#0)\n"
    "curl: (60) SSL certificate problem: self-signed certificate in certificate chain"
)
UNJUDGED: Mapping[str, Failure] = {"tls": Failure.CANCELLED, "websocket": Failure.CANCELLED}


def test_a_console_is_the_devices_own() -> None:
    """What the browser's console says of this call is evidence without further words. A tool's output needs them."""
    assert "tls-intercepted" in found(REFUSED, UNJUDGED, on_device=False)
    assert "tls-intercepted" not in found(BY_CURL, UNJUDGED, on_device=False)
    assert "tls-intercepted" in found(BY_CURL, UNJUDGED, on_device=True)


def test_a_har_is_the_devices_own() -> None:
    """A browser's own record of its requests counts like its console."""
    assert found(har(511), SHUT, on_device=False) == {"captive-portal": "certain"}


@pytest.mark.parametrize(
    ("text", "belongs"),
    [
        (
            f"10:00 failed\n[Error] WebSocket connection to 'wss://{HOST}/signal' failed\n10:01 {REFUSED}",
            True,
        ),
        ("[TwilioVoice][PStream] ConnectionError (31009): no transport\n10:01 retry", True),
        ("[TwilioVoice][PStream] ConnectionError (53405): Media connection failed\n10:01 retry", False),
        ("we tried again\nand it is still the same error", False),
    ],
    ids=["console", "the same code", "another code", "words"],
)
def test_a_log_belongs_to_the_open_case(text: str, belongs: bool) -> None:
    """Unless it names another code, or says nothing that counts."""
    reading = read(text, make_vocabulary(KNOWLEDGE, NETWORK, ("local",)))
    assert is_log_of_case(reading, Request("31009", "javascript"), KNOWLEDGE) is belongs


def test_a_message_brings_its_own_evidence() -> None:
    """A pasted log counts for the diagnosis that it asks for; a command or a story brings nothing."""
    brought = evidence_in(f"31009 on the user's laptop, from the console:\n{REFUSED}")
    assert brought is not None
    assert brought.on_device
    assert brought.reading.pasted
    assert evidence_in("31009 javascript edge=frankfurt from acme-hq") is None
