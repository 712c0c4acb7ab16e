"""Store relay enrollment: invited by token, enrolled by public key, revoked, with an audit log.

Only hashes of tokens and public keys are stored. A reader of the database can neither join nor impersonate a
relay.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.errors import UsageError, quote, unknown_word
from bot.storage.address import DatabaseAddress
from bot.storage.audit_table import AuditTable
from bot.storage.batched_lookup import BatchedLookup
from bot.storage.database import Database
from bot.storage.db_writer import Writer
from bot.storage.last_heard import LastHeard, store_heard
from bot.storage.relay_name_rules import check_names
from bot.storage.valid_names import ValidNames
from probes.protocol.json_codec import dump, load
from probes.protocol.keys import Identity
from probes.protocol.model import USER_NETWORK
from probes.protocol.revocation import sign_revocation

# Long enough to send it to somebody who installs it after lunch, too short for an old mail to be misused.
TOKEN_LIVES: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class RegisteredRelay:
    """One relay in the database."""

    name: str
    key: str | None  # its Ed25519 public key; None before it joins
    sealing: str = ""
    labels: tuple[str, ...] = ()
    channels: tuple[
        str, ...
    ] = ()  # where it may be used: #channel, @group, or an id; empty: as the access file says
    vantage: str = USER_NETWORK
    invited: float = 0.0  # seconds since the epoch, here and below
    enrolled: float | None = None
    revoked: float | None = None
    seen: float | None = None  # when the hub last heard from it
    gone: str = ""  # why it disconnected then
    state: Mapping[str, Any] = field(default_factory=dict)  # version, checks, and limits that it reported


class JoinRefusedError(Exception):
    """The relay may not join. The message is one of `probes.protocol.messages.REJECTIONS`."""


class RelayRegistry(AuditTable):
    """The relays of one database. Every method returns when its work is on disk."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self._by_key = BatchedLookup(self._of_keys)
        self._valid_names = ValidNames()

    @classmethod
    def open(cls, address: DatabaseAddress, *, reads_only: bool = False) -> RelayRegistry:
        """Open the database, or create its file; `UsageError` if it cannot be used."""
        return cls(Writer(address, reads_only=reads_only))

    async def close(self) -> None:
        """Finish the queued work, then close."""
        await self._by_key.close()
        await self._writer.close()

    async def invite(self, relay: RegisteredRelay, now: float, lives: float = TOKEN_LIVES) -> str:
        """Return a token that lets one host join as *relay* for *lives* seconds. Only its hash is stored.

        If an enrolled relay is invited again, it gets a new key by joining again. Until then, the old one is
        valid.
        """
        check_names(relay.name, relay.labels)
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
        """Enroll the holder of *token* with *key*; `JoinRefusedError` for a used, expired, or unknown token."""

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

    async def invited(self, token: str) -> str:
        """Return the name of the relay that *token* invites, valid or not; "" for an unknown token."""
        rows = await self._all("SELECT relay FROM invitations WHERE token = ?", _hash(token))
        return str(rows[0]["relay"]) if rows else ""

    async def of_key(self, key: str) -> RegisteredRelay | None:
        """Return the relay that holds *key*, revoked or not."""
        return await self._by_key.find(key)

    async def _of_keys(self, keys: Sequence[str]) -> dict[str, RegisteredRelay]:
        marks = ", ".join("?" * len(keys))
        rows = await self._all(f"SELECT * FROM relays WHERE key IN ({marks})", *keys)  # noqa: S608 - only marks
        return {row["key"]: _read(row) for row in rows}

    async def revocation_of(self, key: str) -> str:
        """Return the signed revocation of the relay that holds *key*, or an empty string."""
        relay = await self.of_key(key)
        return str(relay.state.get("revocation", "")) if relay and relay.revoked is not None else ""

    async def all(self) -> tuple[RegisteredRelay, ...]:
        """List all relays by name, including those that have not joined yet."""
        return tuple(_read(row) for row in await self._all("SELECT * FROM relays ORDER BY name"))

    async def unusable(self) -> tuple[RegisteredRelay, ...]:
        """List the relays that are revoked, or have not joined yet."""
        rows = await self._all("SELECT * FROM relays WHERE key IS NULL OR revoked IS NOT NULL ORDER BY name")
        return tuple(_read(row) for row in rows)

    async def find(self, name: str) -> RegisteredRelay | None:
        """Return the relay *name*, or None."""
        rows = await self._all("SELECT * FROM relays WHERE name = ?", name)
        return _read(rows[0]) if rows else None

    async def named(self, name: str) -> RegisteredRelay:
        """Return the relay *name*; `UsageError` if it does not exist."""
        if relay := await self.find(name):
            return relay
        raise unknown_word("a relay", name, [registered_relay.name for registered_relay in await self.all()])

    async def version(self) -> str:
        """Return a text that changes whenever anything has been written to the database."""
        return await self._writer.read(lambda db: db.data_version())

    async def valid_names(self) -> Mapping[str, str]:
        """Return the name of each relay that may connect, by its key. Revoked relays are not among them."""
        return await self._writer.read(self._valid_names.read)

    async def revoke(self, name: str, now: float, signer: Identity | None = None) -> None:
        """Revoke the relay's key and its tokens. The hub ends its connection.

        With a *signer* of plans, the relay itself stops for good. Without one, it goes on asking the hub now and then.
        """
        relay = await self.named(name)
        revocation = sign_revocation(relay.key, now, signer) if signer and relay.key else ""

        def work(db: Database) -> None:
            db.execute("UPDATE relays SET revoked = ? WHERE name = ?", (now, name))
            # In the state and not in a column of its own, so that the former version can open the database.
            (row,) = db.query("SELECT state FROM relays WHERE name = ?", (name,))
            state = dump(load(row["state"]) | {"revocation": revocation})
            db.execute("UPDATE relays SET state = ? WHERE name = ?", (state, name))
            db.execute("DELETE FROM invitations WHERE relay = ? AND used IS NULL", (name,))

        await self._writer.run(work)

    async def rename(self, name: str, new: str) -> None:
        """Rename the relay to *new*. Its key stays."""
        await self.named(name)
        check_names(new)
        if any(registered_relay.name == new for registered_relay in await self.all()):
            raise UsageError(f"Relay {quote(new)} already exists.")

        def work(db: Database) -> None:
            db.execute("UPDATE relays SET name = ? WHERE name = ?", (new, name))
            db.execute("UPDATE invitations SET relay = ? WHERE relay = ?", (new, name))

        await self._writer.run(work)

    async def heard(self, heard: Mapping[str, LastHeard]) -> None:
        """Store what the hub heard from relays, by their names."""
        await self._writer.run(lambda db: store_heard(db, heard))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read(row: dict[str, Any]) -> RegisteredRelay:
    lists = {name: tuple(load(row[name])) for name in ("labels", "channels")}
    return RegisteredRelay(**row | lists | {"state": load(row["state"])})
