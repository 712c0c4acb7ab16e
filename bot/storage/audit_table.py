"""Store the audit log: who ran which plan on which relay, and its outcome."""

from dataclasses import dataclass

from bot.storage.table_queries import TableQueries


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One plan: who sent what to which relay, and the outcome."""

    plan: str
    at: float
    relay: str
    who: str
    what: str
    outcome: str = "running"


class AuditTable(TableQueries):
    """The plans of one hub, each recorded before it is sent."""

    async def begin(self, entry: AuditEntry) -> bool:
        """Record a plan before it is sent. Return False if it must not be sent.

        It was sent before, or its relay was revoked, which the hub may not have noticed yet.
        """
        sql = (
            "INSERT INTO audit (plan, at, relay, who, what, outcome) SELECT ?, ?, ?, ?, ?, ? WHERE NOT EXISTS "
            "(SELECT 1 FROM relays WHERE name = ? AND revoked IS NOT NULL) ON CONFLICT (plan) DO NOTHING"
        )
        values = (entry.plan, entry.at, entry.relay, entry.who, entry.what, entry.outcome, entry.relay)
        return await self._change(sql, *values) == 1

    async def has_plan(self, plan: str) -> bool:
        """Whether a plan was recorded, and so may have been sent."""
        return bool(await self._all("SELECT 1 FROM audit WHERE plan = ?", plan))

    async def end(self, plan: str, outcome: str) -> None:
        """Record the outcome of a plan."""
        await self._change("UPDATE audit SET outcome = ? WHERE plan = ?", outcome, plan)

    async def audit(self, relay: str = "", limit: int = 50) -> tuple[AuditEntry, ...]:
        """List the newest plans first, of one relay or of all."""
        sql = "SELECT plan, at, relay, who, what, outcome FROM audit WHERE ? IN ('', relay) ORDER BY id DESC LIMIT ?"
        return tuple(AuditEntry(**row) for row in await self._all(sql, relay, limit))
