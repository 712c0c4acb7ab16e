"""Lines from the user's own device find login pages and proxies, and the same lines about others find nothing."""

import json
from collections.abc import Mapping

import pytest

from bot.diagnosis.device_evidence import apply_device_reading
from bot.intake.read import read
from bot.model.request import Request
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
