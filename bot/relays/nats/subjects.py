"""Names on NATS: the subjects of hubs, the inboxes of bots, and the bucket that says which hub has which relay.

Pure: no network, no clock. docs/scale.md has the permissions for them.
"""

from typing import Final

from bot.relays.hub.nats_settings import ANY as ANY

BUCKET: Final = "lineman"
STREAM: Final = f"KV_{BUCKET}"  # what JetStream calls the bucket

PLAN, KEEP, STOP, WHO = "plan", "keep", "stop", "who"  # what a hub listens to

_HUB_KEY: Final = "hub."
_RELAY_KEY: Final = "relay."


def hub_subject(hub: str, kind: str) -> str:
    """Return the subject of one hub for plans and questions, heartbeats, the end, or who it is."""
    return f"lineman.hub.{hub}.{kind}"


def kind_of(subject: str) -> str:
    """Return the last part of a subject."""
    return subject.rpartition(".")[2]


def inbox_of(name: str) -> str:
    """Return what the inboxes of one bot begin with."""
    return f"lineman.reply.{name}"


def hub_key(hub: str) -> str:
    """Return the key for a hub's heartbeats."""
    return _HUB_KEY + hub


def relay_key(relay: str) -> str:
    """Return the key that says where a relay is connected."""
    return _RELAY_KEY + relay


def hub_of_key(key: str) -> str:
    """Return the hub whose key this is, or ""."""
    return key.removeprefix(_HUB_KEY) if key.startswith(_HUB_KEY) else ""


def relay_of_key(key: str) -> str:
    """Return the relay whose key this is, or ""."""
    return key.removeprefix(_RELAY_KEY) if key.startswith(_RELAY_KEY) else ""


def lookup_subject(relay: str) -> str:
    """Return the subject of JetStream that answers with what was last stored about a relay."""
    return f"$JS.API.DIRECT.GET.{STREAM}.$KV.{BUCKET}.{relay_key(relay)}"
