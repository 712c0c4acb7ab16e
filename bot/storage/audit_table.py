"""The audit log: who had which plan run on which relay, and what became of it."""

from dataclasses import dataclass

from bot.storage.table_queries import TableQueries


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One plan: who asked which relay for what, and what became of it."""

    plan: str
    at: float
    relay: str
    who: str
    what: str
    outcome: str = "running"


class AuditTable(TableQueries):
    """The plans of one hub, each written down before it is sent."""

    async def begin(self, entry: AuditEntry) -> bool:
        """Write a plan down before it is sent; false when it was sent before, so that it is not sent again."""
        sql = "INSERT OR IGNORE INTO audit (plan, at, relay, who, what, outcome) VALUES (?, ?, ?, ?, ?, ?)"
        values = (entry.plan, entry.at, entry.relay, entry.who, entry.what, entry.outcome)
        return await self._change(sql, *values) == 1

    async def end(self, plan: str, outcome: str) -> None:
        """Write down what became of a plan."""
        await self._change("UPDATE audit SET outcome = ? WHERE plan = ?", outcome, plan)

    async def audit(self, relay: str = "", limit: int = 50) -> tuple[AuditEntry, ...]:
        """List the newest plans first, of one relay or of all."""
        sql = "SELECT plan, at, relay, who, what, outcome FROM audit WHERE ? IN ('', relay) ORDER BY id DESC LIMIT ?"
        return tuple(AuditEntry(**row) for row in await self._all(sql, relay, limit))
