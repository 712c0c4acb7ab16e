"""TURN servers and their credentials: given, minted for this run, or the reason why there are none.

Nothing here is logged, and no `repr` shows a credential.
"""

import re
from collections.abc import Iterable
from dataclasses import field
from typing import Final

from bot.diagnosis.turn_settings import ACCOUNT_SID, AUTH_TOKEN, ICE_SERVERS, TurnSettings
from bot.errors import UsageError
from knowledge.model.network import IceServer, Network
from probes.protocol.frozen import frozen

# RFC 7064 and RFC 7065: scheme, host, port, transport.
URL: Final = re.compile(
    r"(?P<scheme>stuns?|turns?):(?P<host>\[[0-9a-f:.]+\]|[^:?\[\]\s/]+)(:(?P<port>\d{1,5}))?"
    r"(\?transport=(?P<transport>udp|tcp))?",
    re.IGNORECASE,
)


@frozen
class TurnServer:
    """One TURN endpoint with its credentials."""

    host: str
    port: int
    transport: str  # udp, tcp, or tls
    username: str = field(default="", repr=False)
    credential: str = field(default="", repr=False)


@frozen
class IceServers:
    """The TURN servers of one run; `because` is their source, or the reason why there are none."""

    servers: tuple[TurnServer, ...] = ()
    because: str = "no credentials"


async def find_ice(network: Network, settings: TurnSettings) -> IceServers:
    """Find the TURN servers: the network file's, else the environment's, else minted ones; or the reason for none."""
    if network.ice_servers:
        return IceServers(
            turn_servers(network.ice_servers, "ice_servers of the network file"),
            "credentials from the network file",
        )
    if settings.ice_servers:
        return IceServers(turn_servers(settings.ice_servers, ICE_SERVERS), "credentials from the environment")
    if settings.can_mint and network.tokens_api:
        return await _minted(network, settings)
    return IceServers(because=f"no credentials. Set {ICE_SERVERS}, or {ACCOUNT_SID} and {AUTH_TOKEN}")


def turn_servers(servers: Iterable[IceServer], where: str) -> tuple[TurnServer, ...]:
    """List the TURN endpoints of *servers*; the `UsageError` for a bad URL names *where*, not the secrets."""
    found: list[TurnServer] = []
    for server in servers:
        for url in server.urls:
            match = URL.fullmatch(url)
            if match is None:
                raise UsageError(
                    f"{where}: an entry has no URL such as turn:turn.example:3478?transport=udp."
                )
            if match["scheme"].casefold().startswith("turn"):
                found.append(_endpoint(match, server))
    return tuple(found)


def _endpoint(match: re.Match[str], server: IceServer) -> TurnServer:
    """Apply the defaults of RFC 7065: 3478 over UDP for turn, 5349 over TLS for turns.

    By that RFC, `turn:…:443?transport=tcp` is plain TURN over TCP, so it is treated as such.
    """
    secure = match["scheme"].casefold() == "turns"
    return TurnServer(
        host=match["host"].strip("[]"),
        port=int(match["port"] or (5349 if secure else 3478)),
        transport="tls" if secure else (match["transport"] or "udp").casefold(),
        username=server.username,
        credential=server.credential,
    )


async def _minted(network: Network, settings: TurnSettings) -> IceServers:
    """Mint credentials; an error becomes the reason why there are none."""
    from bot.diagnosis.twilio_tokens import NoTokensError, mint_servers  # keeps aiohttp out of start-up

    try:
        servers = await mint_servers(network, settings)
        return IceServers(turn_servers(servers, "the Tokens API"), "credentials created for this run")
    except NoTokensError as error:
        return IceServers(because=str(error))
    except UsageError:
        return IceServers(because="the Tokens API returned no usable TURN servers")
