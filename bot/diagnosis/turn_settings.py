"""TURN settings from the environment: servers, or the keys to mint credentials.

Secrets are never part of a `repr`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.errors import UsageError
from knowledge.model.network import IceServer

ICE_SERVERS: Final = "LINEMAN_ICE_SERVERS"
ACCOUNT_SID: Final = "TWILIO_ACCOUNT_SID"
AUTH_TOKEN: Final = "TWILIO_AUTH_TOKEN"  # noqa: S105 - the name of a variable, not a token
API_KEY: Final = "TWILIO_API_KEY"
API_SECRET: Final = "TWILIO_API_SECRET"  # noqa: S105 - the name of a variable, not a secret


@dataclass(frozen=True, slots=True)
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


def load_turn_settings(environment: Mapping[str, str]) -> TurnSettings:
    """Read the settings; a `UsageError` names the invalid variable, never its value."""
    sid = environment.get(ACCOUNT_SID, "")
    key, token = environment.get(API_KEY, ""), environment.get(AUTH_TOKEN, "")
    by_key = bool(key and environment.get(API_SECRET))
    return TurnSettings(
        ice_servers=_ice_servers(environment.get(ICE_SERVERS, "")),
        account_sid=sid,
        user=key if by_key else sid,
        secret=environment[API_SECRET] if by_key else token,
    )


def _ice_servers(text: str) -> tuple[IceServer, ...]:
    if not text.strip():
        return ()
    try:
        return read_ice_servers(json.loads(text))
    except json.JSONDecodeError:
        raise UsageError(f"The variable {ICE_SERVERS} does not hold JSON.") from None
    except ValueError:
        raise UsageError(
            f"The variable {ICE_SERVERS} must hold a list such as "
            '[{"urls": "turn:turn.example:3478?transport=udp", "username": "…", "credential": "…"}].'
        ) from None


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
