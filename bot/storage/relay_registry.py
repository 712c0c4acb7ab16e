"""Which relays there are: invited by a token, enrolled by their own public key, revoked, and what each plan came to.

Kept are hashes of tokens and public keys only: who reads the database can neither join nor speak for a relay.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from bot.errors import UsageError, quote, unknown_word
from bot.model.request import LOCAL
from bot.storage.audit_table import AuditTable
from bot.storage.db_writer import Writer
from probes.protocol.json_codec import dump, load
from probes.protocol.model import USER_NETWORK

# Long enough to be sent to somebody who installs it after lunch, too short to be found in an old mail.
TOKEN_LIVES: Final = 24 * 3600.0

# What people type after `from`: no spaces, no commas, and nothing that Slack turns into something else.
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
LABEL: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,38}=[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
RESERVED: Final = (LOCAL, "and", "from", "all")


@dataclass(frozen=True, slots=True)
class RegisteredRelay:
    """One relay as the database knows it."""

    name: str
    key: str | None  # its Ed25519 public key; None until it has joined
    sealing: str = ""
    labels: tuple[str, ...] = ()
    channels: tuple[
        str, ...
    ] = ()  # where it may be used: #channel, @group or an id; empty: by the access file
    vantage: str = USER_NETWORK
    invited: float = 0.0  # seconds since the epoch, here and below
    enrolled: float | None = None
    revoked: float | None = None
    seen: float | None = None  # when the hub last heard of it
    gone: str = ""  # why it was not connected any more then
    state: Mapping[str, Any] = field(default_factory=dict)  # version, checks, limits as it told them


class JoinRefusedError(Exception):
    """This relay may not in; the message is a word in `probes.protocol.messages.REJECTIONS`."""


class RelayRegistry(AuditTable):
    """The relays of one database; every method returns when its work is on the disk."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self._version = 0

    @classmethod
    def open(cls, path: Path | str) -> RelayRegistry:
        """Open the database file, made if it is missing; `UsageError` if it cannot be used."""
        return cls(Writer(Path(path)))

    async def close(self) -> None:
        """Do what was asked for, then close."""
        await self._writer.close()

    async def invite(self, relay: RegisteredRelay, now: float, lives: float = TOKEN_LIVES) -> str:
        """Give a token that lets one host join as *relay* until *lives* seconds are over; the only time it is seen.

        An enrolled relay that is invited again gets a new key by joining again; the old one counts until then.
        """
        _check(relay)
        token = secrets.token_urlsafe(24)
        row = (relay.name, json.dumps(relay.labels), json.dumps(relay.channels), relay.vantage, now)

        def work(db: Database) -> None:
            db.execute(
                "INSERT INTO relays (name, labels, channels, vantage, invited, sealing, gone, state) "
                "VALUES (?, ?, ?, ?, ?, '', '', '{}') ON CONFLICT (name) DO UPDATE SET "
                "labels = excluded.labels, channels = excluded.channels, vantage = excluded.vantage, "
                "invited = excluded.invited",
                row,
            )
            db.execute("DELETE FROM invitations WHERE relay = ? AND used IS NULL", (relay.name,))
            db.execute(
                "INSERT INTO invitations VALUES (?, ?, ?, NULL)", (_hash(token), relay.name, now + lives)
            )

        await self._writer.run(work)
        return token

    async def join(self, token: str, key: str, sealing: str, now: float) -> RegisteredRelay:
        """Let the holder of *token* in with its own *key*; `JoinRefusedError` when it was used, is old or unknown."""

        def work(db: Database) -> list[dict[str, Any]]:
            held = db.execute("SELECT 1 FROM relays WHERE key = ?", (key,)).fetchone()
            used = list(
                db.query(
                    "UPDATE invitations SET used = ? WHERE token = ? AND used IS NULL AND expires > ? RETURNING relay",
                    (now, _hash(token), now),
                )
            )
            if held or not used:
                raise JoinRefusedError("bad_token")
            return list(
                db.query(
                    "UPDATE relays SET key = ?, sealing = ?, enrolled = ?, revoked = NULL WHERE name = ? RETURNING *",
                    (key, sealing, now, used[0]["relay"]),
                )
            )

        return _read((await self._writer.run(work))[0])

    async def of_key(self, key: str) -> RegisteredRelay | None:
        """Find the relay that holds *key*, revoked or not."""
        rows = await self._all("SELECT * FROM relays WHERE key = ?", key)
        return _read(rows[0]) if rows else None

    async def all(self) -> tuple[RegisteredRelay, ...]:
        """List every relay by name, those too that have not joined yet."""
        return tuple(_read(row) for row in await self._all("SELECT * FROM relays ORDER BY name"))

    async def find(self, name: str) -> RegisteredRelay | None:
        """Find the relay called *name*."""
        rows = await self._all("SELECT * FROM relays WHERE name = ?", name)
        return _read(rows[0]) if rows else None

    async def named(self, name: str) -> RegisteredRelay:
        """Find the relay called *name*; `UsageError` when there is none."""
        if relay := await self.find(name):
            return relay
        raise unknown_word("a relay", name, [registered_relay.name for registered_relay in await self.all()])

    async def changed_elsewhere(self) -> bool:
        """Whether another process has written to the database since this was last asked."""
        version = (await self._all("PRAGMA data_version"))[0]["data_version"]
        before, self._version = self._version, version
        return bool(version != before)

    async def revoke(self, name: str, now: float) -> None:
        """Let the relay in no more, nor anybody with a token for it; the hub ends its connection."""
        await self.named(name)

        def work(db: Database) -> None:
            db.execute("UPDATE relays SET revoked = ? WHERE name = ?", (now, name))
            db.execute("DELETE FROM invitations WHERE relay = ? AND used IS NULL", (name,))

        await self._writer.run(work)

    async def rename(self, name: str, new: str) -> None:
        """Call it *new* from now on; its key stays."""
        relay = await self.named(name)
        _check(RegisteredRelay(new, None, vantage=relay.vantage))
        if any(registered_relay.name == new for registered_relay in await self.all()):
            raise UsageError(f"There is a relay {quote(new)} already.")

        def work(db: Database) -> None:
            db.execute("UPDATE relays SET name = ? WHERE name = ?", (new, name))
            db.execute("UPDATE invitations SET relay = ? WHERE relay = ?", (new, name))

        await self._writer.run(work)

    async def heard(
        self, name: str, at: float, gone: str = "", state: Mapping[str, Any] | None = None
    ) -> None:
        """Keep when the hub last heard of a relay, why it went, and what it told of itself."""

        def work(db: Database) -> None:
            db.execute("UPDATE relays SET seen = ?, gone = ? WHERE name = ?", (at, gone, name))
            if state is not None:
                db.execute("UPDATE relays SET state = ? WHERE name = ?", (dump(dict(state)), name))

        await self._writer.run(work)


def _check(relay: RegisteredRelay) -> None:
    if not NAME.fullmatch(relay.name) or relay.name in RESERVED:
        raise UsageError(
            f"{quote(relay.name)} cannot be a relay's name: use small letters, digits and dashes, 40 at most, "
            f"and none of {', '.join(RESERVED)}."
        )
    for label in relay.labels:
        if not LABEL.fullmatch(label):
            raise UsageError(f"{quote(label)} is not a label; write it like site=hq.")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read(row: dict[str, Any]) -> RegisteredRelay:
    lists = {name: tuple(load(row[name])) for name in ("labels", "channels")}
    return RegisteredRelay(**row | lists | {"state": load(row["state"])})
