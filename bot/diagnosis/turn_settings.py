"""TURN settings from the environment: servers, or the keys to mint credentials.

Secrets are never part of a `repr`.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from bot.settings import SettingsReader
from knowledge.model.network import IceServer
from probes.protocol.frozen import frozen

ICE_SERVERS: Final = "LINEMAN_ICE_SERVERS"
ICE_SERVERS_FORM: Final = (
    "a JSON list such as "
    '[{"urls": "turn:turn.example:3478?transport=udp", "username": "…", "credential": "…"}]'
)
ACCOUNT_SID: Final = "TWILIO_ACCOUNT_SID"
AUTH_TOKEN: Final = "TWILIO_AUTH_TOKEN"  # noqa: S105 - the name of a variable, not a token
API_KEY: Final = "TWILIO_API_KEY"
API_SECRET: Final = "TWILIO_API_SECRET"  # noqa: S105 - the name of a variable, not a secret


@frozen
class TurnSettings:
    """TURN settings; fields are empty if their variable is not set."""

    ice_servers: tuple[IceServer, ...] = field(default=(), repr=False)
    account_sid: str = ""
    user: str = field(default="", repr=False)  # account SID or API key SID
    secret: str = field(default="", repr=False)

    @property
    def can_mint(self) -> bool:
        """Whether TURN credentials can be requested from the Tokens API."""
        return bool(self.account_sid and self.user and self.secret)

    @property
    def can_read_calls(self) -> bool:
        """Whether the data of a call can be requested. An API key needs no account SID for that."""
        return bool(self.user and self.secret)


def load_turn_settings(environment: Mapping[str, str]) -> TurnSettings:
    """Read the settings; a `UsageError` names the invalid variable, never its value."""
    get = SettingsReader(environment)
    sid, key, secret = get.text(ACCOUNT_SID), get.text(API_KEY), get.text(API_SECRET)
    by_key = bool(key and secret)
    settings = TurnSettings(
        ice_servers=get.parsed(
            ICE_SERVERS, lambda text: read_ice_servers(json.loads(text)), (), ICE_SERVERS_FORM
        ),
        account_sid=sid,
        user=key if by_key else sid,
        secret=secret if by_key else get.text(AUTH_TOKEN),
    )
    get.check()
    return settings


def read_ice_servers(value: object) -> tuple[IceServer, ...]:
    """Read a list of RTCIceServer dictionaries (W3C WebRTC §4.2.4); ValueError if it is not one."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("not a list of ICE servers")
    return tuple(
        IceServer(
            urls=_urls(item.get("urls") or item.get("url")),
            username=str(item.get("username") or ""),
            credential=str(item.get("credential") or ""),
        )
        for item in value
    )


def _urls(value: object) -> tuple[str, ...]:
    urls = value if isinstance(value, list) else [value]
    if not urls or not all(isinstance(url, str) for url in urls):
        raise ValueError("an ICE server without urls")
    return tuple(urls)
