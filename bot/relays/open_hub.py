"""Choose how to reach the hub: through its socket on this machine, or over NATS."""

from bot.relays.hub.control_socket import ControlSocket
from bot.relays.hub.remote_hub import RemoteHub
from bot.relays.hub.settings import HubSettings


def open_hub(settings: HubSettings) -> RemoteHub:
    """Return the client; nothing is connected yet."""
    if settings.nats is None:
        return ControlSocket(settings.socket)
    # The driver is an optional package.
    from bot.relays.nats.nats_hubs import NatsHubs

    return NatsHubs(settings.nats)
