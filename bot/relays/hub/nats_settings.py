"""Read where NATS is, and how to sign in there. The NATS client itself is an optional package."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.settings import SettingsReader

NATS: Final = "LINEMAN_NATS"
NATS_CREDENTIALS: Final = "LINEMAN_NATS_CREDENTIALS"
NATS_CA: Final = "LINEMAN_NATS_CA"
NATS_NAME: Final = "LINEMAN_NATS_NAME"

ANY: Final = "any"  # in the place of a hub's name: whichever takes the question

_SCHEMES: Final = ("nats", "tls")
_PORT: Final = 4222
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MUST_BE: Final = (
    "one or more addresses such as nats://user:password@nats.example:4222 or tls://nats.example, with commas "
    "between them; a password has %40 for @, %2C for a comma, and %25 for %"
)


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """The servers, and what this process proves itself with. Its text has no password."""

    servers: tuple[str, ...]  # without user and password
    name: str  # of this hub, or of this bot's inbox
    user: str = ""
    password: str = field(default="", repr=False)
    credentials: Path | None = None  # a file with a JWT and its seed
    authority: Path | None = None  # a PEM file with the certificate authorities to trust

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection uses TLS."""
        return self.authority is not None or any(server.startswith("tls:") for server in self.servers)

    def __str__(self) -> str:
        return ", ".join(server.partition("://")[2] for server in self.servers)


def read_nats_settings(get: SettingsReader) -> NatsSettings | None:
    """Read the settings of NATS, if there are any. Problems are added to *get*."""
    name = get.parsed(
        NATS_NAME, _name, "", "at most 40 letters, digits, hyphens, and underscores, but not any"
    )
    found = get.parsed(NATS, _servers, None, _MUST_BE)
    if found is None:
        return None
    credentials, authority = get.text(NATS_CREDENTIALS), get.text(NATS_CA)
    servers, user, password = found
    return NatsSettings(
        servers,
        name or _host_name(),
        user,
        password,
        Path(credentials) if credentials else None,
        Path(authority) if authority else None,
    )


def is_hub_name(text: str) -> bool:
    """Whether *text* can be a hub's name, or `ANY`. Names are parts of subjects."""
    return bool(_NAME.fullmatch(text))


def uses_nats(environment: Mapping[str, str]) -> bool:
    """Whether hubs are reached over NATS and not through a socket on this machine."""
    return bool(SettingsReader(environment).text(NATS))


def _servers(text: str) -> tuple[tuple[str, ...], str, str]:
    servers, user, password = [], "", ""
    for item in text.split(","):
        parts = urlsplit(item.strip())
        host, port = parts.hostname, parts.port or _PORT  # both may raise ValueError
        if parts.scheme not in _SCHEMES or not host or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError
        if not (item.isascii() and item.isprintable()) or " " in item.strip():
            raise ValueError
        servers.append(f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}")
        if parts.username:
            user, password = unquote(parts.username), unquote(parts.password or "")
    return tuple(servers), user, password


def _name(text: str) -> str:
    if not is_hub_name(text) or text.casefold() == ANY:
        raise ValueError
    return text


def _host_name() -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:40]
    return name if name and name.casefold() != ANY else "lineman"
