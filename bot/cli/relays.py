"""Run `lineman relays`: invite, list, show, revoke, and rename the relays of a hub."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bot.cli.certificate_pin import read_pin
from bot.cli.relay_parsers import COMMANDS, make_command_parser, make_parser
from bot.errors import UsageError, unknown_word
from bot.relays.hub.absence import spoken_ago
from bot.relays.hub.messages import RelayStatus
from bot.relays.hub.settings import HubSettings, hub_name, read_hub_settings
from bot.relays.open_hub import open_hub
from bot.relays.remote import find_relays
from bot.rendering.terminal.console import Line, write
from bot.storage.database import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from bot.storage.trouble import sentences_of
from probes.protocol.invitation import Invitation, write_invitation
from probes.protocol.model import VANTAGES

_NONE: Final = "There are no relays yet. Invite one: lineman relays invite NAME."


def run_relays(words: Sequence[str]) -> int:
    """Run one of `COMMANDS`. The exit code is 0."""
    command, rest = (words[0], list(words[1:])) if words else ("list", [])
    if command in ("-h", "--help"):
        make_parser().parse_args([command])
    if command == "policy":
        return _policy(rest)
    work = _COMMANDS.get(command)
    if work is None:
        raise unknown_word("a command of relays", command, COMMANDS)
    settings = read_hub_settings(os.environ)
    database = settings.database
    if command != "invite" and isinstance(database, Path) and not database.exists():
        return _without_database(command, database, rest)  # only an invitation creates it
    asyncio.run(_with(settings, command, lambda registry: work(registry, settings, rest)))
    return 0


def _policy(words: list[str]) -> int:
    """Print the policy file for a relay's host."""
    # Keeps the network file out of the other commands.
    from bot.cli.relay_policy_file import write_policy
    from knowledge.loading.load_network import load_network

    options = make_command_parser("policy").parse_args(words)
    sys.stdout.write(write_policy(load_network(Path(options.network) if options.network else None)))
    return 0


def _without_database(command: str, database: Path, words: list[str]) -> int:
    """Say that there are no relays yet."""
    options = make_command_parser(command).parse_args(words)
    if command != "list":
        raise UsageError(f"No relay is invited yet: there is no database at {database.absolute()}.")
    none: dict[str, list[str]] = {"relays": []}
    sys.stdout.write(json.dumps(none, indent=2) + "\n" if options.json else f"{_NONE}\n")
    return 0


async def _with(
    settings: HubSettings, command: str, work: Callable[[RelayRegistry], Coroutine[Any, Any, None]]
) -> None:
    registry = RelayRegistry.open(settings.database, reads_only=command in ("list", "show"))
    try:
        await work(registry)
    except StoreError as error:
        raise UsageError(sentences_of(error)) from error
    finally:
        await registry.close()


async def _invite(registry: RelayRegistry, settings: HubSettings, words: list[str]) -> None:
    """Print the single command that turns a host into the relay NAME."""
    options = make_command_parser("invite").parse_args(words)
    if options.vantage not in VANTAGES:
        raise unknown_word("a vantage", options.vantage, VANTAGES)
    if not 0 < options.hours <= 24 * 30:
        raise UsageError("An invitation is valid for at most 720 hours; 24 is usual.")
    url = options.url or settings.url
    hub_name(url)
    signer = settings.signer(make=True)
    assert signer
    pin = read_pin(options.pin) if options.pin else ""
    channels = tuple(channel.removeprefix("#") for channel in options.channels)
    relay = RegisteredRelay(
        options.name, None, labels=tuple(options.label), channels=channels, vantage=options.vantage
    )
    token = await registry.invite(relay, time.time(), options.hours * 3600)
    word = write_invitation(Invitation(url, token, signer.key, pin))
    sys.stdout.write(f"lineman relay join {word}\n")
    sys.stderr.write(f"Run this on the host; it works once, within {options.hours:g} hours.\n")
    if not channels:
        sys.stderr.write(
            "To use it from Slack, add a rule to LINEMAN_ACCESS, or invite it with --for '#channel'.\n"
        )


async def _list(registry: RelayRegistry, settings: HubSettings, words: list[str]) -> None:
    """List all relays with their state."""
    options = make_command_parser("list").parse_args(words)
    health = {status.name: status for status in await find_relays(open_hub(settings))}
    relays = await registry.all()
    if options.json:
        found = [_as_json(relay, health.get(relay.name)) for relay in relays]
        sys.stdout.write(json.dumps({"relays": found}, indent=2) + "\n")
        return
    lines = [line for relay in relays for line in _row(relay, health.get(relay.name))]
    write(lines or [Line(_NONE)], sys.stdout)


async def _show(registry: RelayRegistry, settings: HubSettings, words: list[str]) -> None:
    """Print everything known about one relay, and its latest plans."""
    relay = await registry.named(_only(words, "show"))
    health = {status.name: status for status in await find_relays(open_hub(settings))}
    lines = list(_row(relay, health.get(relay.name)))
    for title in ("checks", "limits"):
        answers: Mapping[str, str] = relay.state.get(title, {})
        lines += [Line(f"{title}: {name}: {text or 'fine'}", indent=2) for name, text in answers.items()]
    plans = await registry.audit(relay.name, 20)
    lines += [Line("Last plans", "bold")] if plans else []
    for entry in plans:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(entry.at))
        lines.append(Line(f"{when}  {entry.who}  {entry.what}  {entry.outcome}", indent=2))
    write(lines, sys.stdout)


async def _revoke(registry: RelayRegistry, settings: HubSettings, words: list[str]) -> None:
    """Revoke a relay."""
    name = _only(words, "revoke")
    signer = settings.signer()
    await registry.revoke(name, time.time(), signer)
    sys.stdout.write(f"{name} is revoked. A running hub disconnects it within seconds.\n")
    if signer is None:
        sys.stdout.write(
            "The signing key is not here, so the relay gets no signed notice and keeps trying to connect.\n"
        )


async def _rename(registry: RelayRegistry, _: HubSettings, words: list[str]) -> None:
    """Rename a relay."""
    if len(words) != 2:
        raise UsageError("Give the current name and the new one: lineman relays rename acme-hq acme-berlin.")
    await registry.rename(*words)
    sys.stdout.write(f"Renamed {words[0]} to {words[1]}.\n")


_COMMANDS: Final[
    Mapping[str, Callable[[RelayRegistry, HubSettings, list[str]], Coroutine[Any, Any, None]]]
] = {
    "invite": _invite,
    "list": _list,
    "show": _show,
    "revoke": _revoke,
    "rename": _rename,
}


def _only(words: list[str], command: str) -> str:
    if len(words) != 1:
        raise UsageError(f"Name the relay: lineman relays {command} NAME.")
    return words[0]


def _row(relay: RegisteredRelay, health: RelayStatus | None) -> Iterator[Line]:
    yield Line(f"{relay.name}: {state(relay, health)}", "bold")
    more = [relay.vantage, *relay.labels]
    if relay.channels:
        more.append(f"for {', '.join(relay.channels)}")
    if health and health.connected:
        more.append(f"version {health.version}")
        if health.round_trip_ms is not None:
            more.append(f"round trip {health.round_trip_ms:g} ms")
        if health.offset_s is not None and abs(health.offset_s) >= 1:
            more.append(
                f"its clock is {abs(health.offset_s):.0f} s {'ahead' if health.offset_s > 0 else 'behind'}"
            )
        more.append(f"{health.running} plans running")
    yield Line(", ".join(more), "dim", indent=2)


def state(relay: RegisteredRelay, health: RelayStatus | None) -> str:
    """Describe a relay's state in a few words."""
    if relay.revoked is not None:
        return "revoked"
    if relay.key is None:
        return "invited, has not joined yet"
    if health and health.connected:
        return "connected" if health.ready else f"connected, but {health.gone}"
    if relay.seen is None:
        return "joined, but never connected to a running hub"
    return (
        f"not connected, last connected {spoken_ago(time.time() - relay.seen)} ago "
        f"({relay.gone or 'no hub runs'})"
    )


def _as_json(relay: RegisteredRelay, health: RelayStatus | None) -> dict[str, Any]:
    known = {name: value for name, value in asdict(relay).items() if name not in ("key", "sealing")}
    live = {"round_trip_ms": health.round_trip_ms, "offset_s": health.offset_s} if health else {}
    return known | {"state": state(relay, health), "told": dict(relay.state), "live": live}
