"""Where TURN credentials come from, and that nobody else sees them."""

import asyncio
import json
import logging
from dataclasses import replace

import pytest
from aiohttp import encode_basic_auth, web

from bot.diagnosis.ice_servers import TurnServer, find_ice, turn_servers
from bot.diagnosis.turn_settings import TurnSettings, load_turn_settings
from bot.diagnosis.twilio_tokens import BUDGET
from bot.errors import UsageError
from knowledge.model.network import IceServer, Network
from tests.bot.fakes import http_server

SECRET = "a-secret-nobody-may-see"
NETWORK = Network(
    id="lab",
    title="Lab",
    roaming="roaming",
    edges={},
    services=(),
    media_ranges=("198.51.100.0/24",),
    media_ports=(10000, 60000),
)
KEYS = {"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": SECRET}
ANSWER = {
    "ice_servers": [
        {"url": "stun:turn.example:3478", "urls": "stun:turn.example:3478"},
        {"urls": "turn:turn.example:3478?transport=udp", "username": "u", "credential": SECRET},
        {"urls": ["turns:turn.example:443?transport=tcp"], "username": "u", "credential": SECRET},
    ]
}


async def test_minted() -> None:
    """With account keys, servers are minted by POST with basic authentication and a short lifetime."""
    asked: list[tuple[str, str, str]] = []

    async def tokens(request: web.Request) -> web.Response:
        form = await request.post()
        asked.append((request.path, request.headers["Authorization"], str(form["Ttl"])))
        return web.json_response(ANSWER, status=201)

    async with http_server(tokens) as base:
        network = replace(NETWORK, tokens_api=base + "/Accounts/{account_sid}/Tokens.json")
        ice = await find_ice(network, load_turn_settings(KEYS))
    assert asked == [("/Accounts/AC0/Tokens.json", encode_basic_auth("AC0", SECRET), "600")]
    assert ice.servers == (
        TurnServer("turn.example", 3478, "udp", "u", SECRET),
        TurnServer("turn.example", 443, "tls", "u", SECRET),
    )
    assert ice.because == "credentials created for this run"


@pytest.mark.parametrize(
    ("status", "body", "because"),
    [
        (401, "no", "status 401"),
        (201, "not json", "did not return ICE servers"),
        (201, "[]", "did not return ICE servers"),
        (201, '{"ice_servers": [{"urls": 5}]}', "did not return ICE servers"),
        (201, '{"ice_servers": [{"urls": "http://x"}]}', "no usable TURN servers"),
    ],
)
async def test_not_minted(status: int, body: str, because: str) -> None:
    """An answer of the Tokens API that cannot be used becomes the reason, and no exception."""

    async def tokens(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    async with http_server(tokens) as base:
        ice = await find_ice(replace(NETWORK, tokens_api=base), load_turn_settings(KEYS))
    assert not ice.servers
    assert because in ice.because


async def test_tokens_api_is_silent() -> None:
    """A Tokens API that never answers costs no more than its own budget."""
    silent = asyncio.Event()

    async def tokens(_: web.Request) -> web.Response:
        await silent.wait()
        return web.Response()

    async with http_server(tokens) as base, asyncio.timeout(BUDGET + 2):
        ice = await find_ice(replace(NETWORK, tokens_api=base), load_turn_settings(KEYS))
        silent.set()
    assert "did not answer within 2 s" in ice.because


async def test_unreachable() -> None:
    """A Tokens API that refuses the connection is a reason too."""
    ice = await find_ice(replace(NETWORK, tokens_api="http://127.0.0.1:1/"), load_turn_settings(KEYS))
    assert ice.because == "the Tokens API could not be reached"


async def test_order() -> None:
    """The network file's servers win over the environment's; without any, the reason names the variables."""
    own = (IceServer(("turn:one.example",), "u", SECRET),)
    settings = TurnSettings(ice_servers=(IceServer(("turns:two.example",), "u", SECRET),))
    assert (await find_ice(replace(NETWORK, ice_servers=own), settings)).servers[0].port == 3478
    assert (await find_ice(NETWORK, settings)).servers == (
        TurnServer("two.example", 5349, "tls", "u", SECRET),
    )
    assert "LINEMAN_ICE_SERVERS" in (await find_ice(NETWORK, TurnSettings())).because


@pytest.mark.parametrize("value", ["{", "5", '["turn:x"]', '[{"username": "u"}]', '[{"urls": []}]'])
def test_bad_variable(value: str) -> None:
    """A variable that cannot be read is named, and its content is not."""
    with pytest.raises(UsageError, match="LINEMAN_ICE_SERVERS") as caught:
        load_turn_settings({"LINEMAN_ICE_SERVERS": value.replace("u", SECRET)})
    assert SECRET not in str(caught.value)


def test_bad_url() -> None:
    """A url that is none names the place where it stands, and not the credential beside it."""
    with pytest.raises(UsageError, match="somewhere") as caught:
        turn_servers([IceServer(("turn:a b",), "u", SECRET)], "somewhere")
    assert SECRET not in str(caught.value)


def test_api_key() -> None:
    """An API key with its secret is used in place of the auth token."""
    settings = load_turn_settings({**KEYS, "TWILIO_API_KEY": "SK0", "TWILIO_API_SECRET": "s"})
    assert (settings.account_sid, settings.user, settings.secret) == ("AC0", "SK0", "s")


async def test_secrets_are_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """No repr and no log line holds a credential."""
    caplog.set_level(logging.DEBUG)
    settings = load_turn_settings({**KEYS, "LINEMAN_ICE_SERVERS": json.dumps(ANSWER["ice_servers"])})
    ice = await find_ice(NETWORK, settings)
    assert ice.servers[0].credential == SECRET
    assert SECRET not in repr((settings, ice)) + caplog.text
