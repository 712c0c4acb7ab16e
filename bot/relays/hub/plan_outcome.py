"""How a plan ended: in words for the audit log, and as a count for the metrics."""

from contextlib import suppress

from bot.relays.hub.messages import HubEvent, PlanLost
from bot.relays.hub.session import RelaySession
from probes.protocol.json_fields import WireError
from probes.protocol.messages import OUTCOMES, Done, Refusal
from probes.protocol.metrics import PLANS_ENDED, PLANS_REFUSED
from probes.protocol.order import REASONS
from probes.protocol.report import open_refusal
from probes.protocol.tally import OTHER, TALLY


def outcome_of(event: HubEvent, session: RelaySession | None) -> str:
    """Return what the audit log says after the last *event* of a plan; *session* is its relay, if connected."""
    match event:
        case Done():
            return event.outcome
        case PlanLost():
            return f"lost: {event.because}"
        case Refusal() if session:
            with suppress(WireError):
                return f"refused: {open_refusal(event.signed, session.key).reason}"
    return "refused"


def count_end(outcome: str) -> None:
    """Count how a plan ended; *outcome* is what the audit log says, some of it in the words of the relay."""
    word, _, reason = outcome.partition(": ")
    if word == "refused":
        TALLY.count(PLANS_REFUSED, reason if reason in REASONS else OTHER)
    else:
        TALLY.count(PLANS_ENDED, word if word in (*OUTCOMES, "lost") else OTHER)
