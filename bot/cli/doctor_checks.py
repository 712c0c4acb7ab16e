"""The checks of `lineman doctor` on this machine. Each returns its state, what it found, and the next step."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, Literal, TypeAlias

from bot.errors import UsageError
from bot.relays.hub.control_socket import FOREIGN, ForeignHubError
from bot.relays.hub.paths import (
    DEFAULT_DATABASE,
    SIGNING_KEY,
    beside_database,
    database_of,
    moving_note,
)
from bot.relays.hub.remote_hub import HubTroubleError, HubUnreachableError
from bot.relays.hub.settings import read_hub_settings
from bot.relays.open_hub import open_hub
from bot.storage.backup import check
from bot.storage.trouble import DAMAGED, LOCKED, READ_ONLY, STEPS, reason_of
from knowledge.loading.load_network import load_network
from probes.protocol.file_owner import foreign_owner_note

Result: TypeAlias = tuple[Literal["ok", "problem", "unchecked"], str, str]

NEEDED: Final = 100 * 1024 * 1024  # bytes of free disk
LOCK: Final = 1.0  # seconds to wait for a lock that another process holds


def check_network(environment: Mapping[str, str]) -> Result:
    """Check that the network file can be read."""
    network = load_network(environment.get("LINEMAN_NETWORK") or None)
    return "ok", f"{network.title} is valid.", ""


def check_place(environment: Mapping[str, str]) -> Result:
    """Check where the database, the signing key, and the control socket are, and that others cannot replace them."""
    folder = beside_database(environment, DEFAULT_DATABASE).absolute().parent
    if note := moving_note(environment):
        return "problem", f"The files are in {folder}, the default of an earlier version.", note
    if not folder.exists():
        return "ok", f"The files will be in {folder}. It is made when something is stored.", ""
    if note := foreign_owner_note(folder):
        return "problem", f"Another user can change the files in {folder}.", note
    if folder.stat().st_mode & 0o022:
        return "problem", f"Other users can change the files in {folder}.", f"Run: chmod 700 {folder}"
    return "ok", f"The files are in {folder}.", ""


def check_database(environment: Mapping[str, str]) -> Result:
    """Check that the database is whole, private, and not locked. One that is not there yet is no problem."""
    path = database_of(environment)
    if not isinstance(path, Path):
        # The driver is an optional package.
        from bot.storage.postgresql_check import check_server

        return check_server(path)
    if not path.exists():
        return (
            "ok",
            f"There is none at {path.absolute()} yet. The first `lineman serve` or `lineman relays invite` creates it.",
            "",
        )
    try:
        if note := foreign_owner_note(path):
            return "problem", f"Another user can change {path}.", note
        check(path)
        if path.stat().st_mode & 0o077:
            return "problem", f"Other users can read {path}.", f"Run: chmod 600 {path}"
        if not (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)):
            return "problem", f"{path} cannot be written: {READ_ONLY}.", STEPS[READ_ONLY]
        with closing(sqlite3.connect(path, timeout=LOCK)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.rollback()
    except UsageError as error:  # of the check
        damaged = isinstance(error.__cause__, sqlite3.Error) and reason_of(error.__cause__) == DAMAGED
        return "problem", str(error), STEPS[DAMAGED] if damaged else ""
    except sqlite3.OperationalError as error:
        reason = reason_of(error, path)
        next_step = f"See which process holds it: lsof {path}" if reason == LOCKED else STEPS.get(reason, "")
        return "problem", f"{path} cannot be written: {reason}.", next_step
    return "ok", f"{path.absolute()} is undamaged and can be written.", ""


def check_disk(environment: Mapping[str, str]) -> Result:
    """Check the space that is left where the database is."""
    folder = beside_database(environment, DEFAULT_DATABASE).absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free // 1024**2:,} MB are free in {folder}."
    if free < NEEDED:
        return "problem", found, "Free some space. Without it, Lineman cannot store anything."
    return "ok", found, ""


def check_signing_key(environment: Mapping[str, str]) -> Result:
    """Check that the key that signs plans can be read. Without relays on other hosts there is none."""
    settings = read_hub_settings(environment)
    signer = settings.signer()
    if signer is None:
        return "ok", "There is none yet. The first `lineman relays invite` creates it.", ""
    where = SIGNING_KEY if settings.signing_is_text else str(Path(settings.signing))
    return "ok", f"{where} holds key {signer.id}.", ""


async def check_hub(environment: Mapping[str, str]) -> Result:
    """Check that the hub on this machine, or one on NATS, answers and that its background tasks succeed."""
    try:
        settings = read_hub_settings(environment)
        hub = open_hub(settings)
    except UsageError as error:
        return "unchecked", str(error), ""
    where = f"over NATS at {settings.nats}" if settings.nats else f"on {settings.socket}"
    if not hub.may_answer:
        return "unchecked", f"No hub runs here: there is no socket at {settings.socket}.", ""
    try:
        status = await hub.hub()
    except HubTroubleError as error:
        return "problem", f"The hub cannot answer now: {error}.", "Try again soon."
    except (OSError, ValueError) as error:
        found = str(error) if isinstance(error, HubUnreachableError) else ""
        step = "Check the server that LINEMAN_NATS names, or start a hub: lineman hub"
        step = step if settings.nats else "Start it: lineman hub"
        step = FOREIGN.format(settings.socket) if isinstance(error, ForeignHubError) else step
        return "problem", f"No hub answers {where}{f': {found}' if found else ''}.", step
    if status.failing:
        return "problem", "; ".join(status.failing), "Read the hub's log for the cause."
    found = f"{status.connected} relays are connected, {status.running} plans are running"
    if settings.nats:
        found += f", over NATS at {settings.nats}. Other hubs: {', '.join(status.others) or 'none'}"
    return "ok", f"{found}.", ""
