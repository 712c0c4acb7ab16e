"""Look whether a TURN server can be reached over one transport, and whether it gives an allocation."""

from probes.checks.context import Look
from probes.checks.targets import address_of
from probes.net.clock import milliseconds_since, now
from probes.net.turn import open_allocation
from probes.net.turn_session import Credentials, Session, TurnRefused
from probes.net.turn_transport import Endpoint
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step


async def probe(step: Step, look: Look) -> Failure | None:
    """One allocation (RFC 8656), given back at once; without credentials the challenge is the answer.

    Facts: reached, challenged, allocated, relayed, mapped, software, ms; error as "code reason" when refused;
    icmp_from when somebody on the way rejected it.
    """
    credentials = Credentials.given(step.secrets)
    session = Session(credentials)
    look.note(reached=False, challenged=False, allocated=False)
    address = await address_of(step, look)
    endpoint = Endpoint(step.target.host, address, step.target.port, step.target.transport)
    start = now()
    try:
        async with open_allocation(endpoint, session) as (_, allocation):
            look.note(ms=milliseconds_since(start), allocated=True, relayed=str(allocation.relayed))
            look.note(software=credentials.scrub(allocation.software))
            if allocation.mapped:
                look.note(mapped=str(allocation.mapped))
    except TurnRefused as refused:
        look.note(ms=milliseconds_since(start))
        if refused.failure is Failure.NO_CREDENTIALS:
            return None
        look.note(error=str(refused))
        return refused.failure
    except NetworkError as error:
        look.note(icmp_from=error.icmp_from)
        raise
    finally:
        look.note(reached=session.answered, challenged=session.challenged)
    return None
