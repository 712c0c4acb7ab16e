"""What a plan takes from the TURN servers of a run: credentials for its steps, and what they offer.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from typing import Final

from bot.diagnosis.ice_servers import IceServers, TurnServer
from knowledge.model.network import Network
from knowledge.model.schema import ProbeSpec
from probes.protocol.model import Target

# The order in which TURN servers are tried for the media check: first what passes most firewalls.
_WAYS: Final = ("tls", "tcp", "udp")


def offered(target: Target, ice: IceServers) -> Iterator[tuple[str, bool]]:
    """Yield whether the ICE servers offer the transport of *target*; nothing if none are known."""
    if ice.servers:
        ways = {(server.transport, server.port) for server in ice.servers}
        yield "offered", (target.transport, target.port) in ways


def servers_for(look: ProbeSpec, network: Network, ice: IceServers) -> tuple[TurnServer, ...]:
    """Choose the TURN servers whose credentials this step may use, all with the same credentials.

    Credentials are sent only to the servers they were issued for, and to other names of the same service.
    """
    if look.probe == "udp_media":
        fit = sorted(ice.servers, key=lambda server: _WAYS.index(server.transport))
    elif look.probe == "turn":
        hosts = {target.host for target in network.targets("turn", "", "every")}
        hosts |= {target.host for target in network.targets("turn", "", "roaming")}
        fit = [turn_server for turn_server in ice.servers if turn_server.host == look.target.host]
        fit = fit or [
            turn_server for turn_server in ice.servers if {turn_server.host, look.target.host} <= hosts
        ]
    else:
        return ()
    return tuple(
        turn_server
        for turn_server in fit
        if (turn_server.username, turn_server.credential) == (fit[0].username, fit[0].credential)
    )
