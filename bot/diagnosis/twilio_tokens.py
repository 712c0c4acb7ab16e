"""Twilio Tokens API client: TURN credentials that are valid for 10 minutes (twilio.com/docs/stun-turn/api).

Imported only if keys are set: importing aiohttp takes about 0.3 s.
"""

import socket
import ssl
from typing import Final

import aiohttp
import certifi
import dns.asyncresolver
import dns.exception
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.diagnosis.turn_settings import TurnSettings, read_ice_servers
from knowledge.model.network import IceServer, Network

# One HTTPS request to a public API; with more, the whole run would exceed its 6 s.
BUDGET: Final = 2.0  # seconds

# Seconds: longer than any run, too short to be worth stealing.
LIFETIME: Final = 600


class NoTokensError(Exception):
    """No credentials were minted; the message is the reason, without secrets."""


async def mint_servers(network: Network, settings: TurnSettings) -> tuple[IceServer, ...]:
    """Request TURN servers; raises `NoTokensError` within `BUDGET` seconds."""
    url = network.tokens_api.format(account_sid=settings.account_sid)
    limit = aiohttp.ClientTimeout(total=BUDGET)
    headers = {"Authorization": aiohttp.encode_basic_auth(settings.user, settings.secret)}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, connector=make_connector(network)) as session,
            session.post(url, headers=headers, data={"Ttl": LIFETIME}) as answer,
        ):
            if answer.status >= 300:
                raise NoTokensError(f"the Tokens API answered with status {answer.status}")
            return _servers(await answer.json(content_type=None))
    except TimeoutError:
        raise NoTokensError(f"the Tokens API did not answer within {BUDGET:g} s") from None
    except (aiohttp.ClientError, OSError):
        raise NoTokensError("the Tokens API could not be reached") from None
    except ValueError:
        raise NoTokensError("the Tokens API did not return ICE servers") from None


def _servers(body: object) -> tuple[IceServer, ...]:
    return read_ice_servers(body.get("ice_servers") if isinstance(body, dict) else None)


def make_connector(network: Network) -> aiohttp.TCPConnector:
    """Make a connector that trusts the public CAs and those of *network*, and resolves names without a thread."""
    trust = ssl.create_default_context(cafile=certifi.where())
    for root in network.roots:
        trust.load_verify_locations(cadata=root)
    return aiohttp.TCPConnector(resolver=_Resolver(), ssl=trust)


class _Resolver(AbstractResolver):
    """Resolve names with dnspython: a thread stuck in getaddrinfo would delay the process's exit by seconds."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        try:
            answer = await dns.asyncresolver.resolve(host, "A", lifetime=BUDGET)
        except dns.exception.DNSException as error:
            raise OSError(f"no address for {host}") from error
        return [
            ResolveResult(
                hostname=host, host=str(item), port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
            )
            for item in answer
        ]

    async def close(self) -> None:
        """Do nothing: no resources are held."""
