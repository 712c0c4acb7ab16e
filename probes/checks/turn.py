"""Check whether a TURN server is reachable over one transport, and whether it gives an allocation."""

from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.clock import milliseconds_since, now
from probes.net.turn import open_allocation
from probes.net.turn_session import Credentials, TurnRefused, TurnSession
from probes.net.turn_transport import TurnEndpoint
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Make one allocation (RFC 8656) and release it; without credentials, a challenge is enough.

    Facts: reached, challenged, allocated, relayed, mapped, software, ms; error as "code reason" if refused;
    icmp_from if an ICMP error rejected it.
    """
    credentials = Credentials.given(step.secrets)
    session = TurnSession(credentials)
    context.note(reached=False, challenged=False, allocated=False)
    address = await address_of(step, context)
    endpoint = TurnEndpoint(step.target.host, address, step.target.port, step.target.transport)
    start = now()
    try:
        async with open_allocation(endpoint, session) as (_, allocation):
            context.note(ms=milliseconds_since(start), allocated=True, relayed=str(allocation.relayed))
            context.note(software=credentials.scrub(allocation.software))
            if allocation.mapped:
                context.note(mapped=str(allocation.mapped))
    except TurnRefused as refused:
        context.note(ms=milliseconds_since(start))
        if refused.failure is Failure.NO_CREDENTIALS:
            return None
        context.note(error=str(refused))
        return refused.failure
    except NetworkError as error:
        context.note(icmp_from=error.icmp_from)
        raise
    finally:
        context.note(reached=session.answered, challenged=session.challenged)
    return None
