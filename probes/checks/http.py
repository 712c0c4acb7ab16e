"""Check whether an HTTPS host answers, and compare its clock with ours."""

import time
from email.utils import parsedate_to_datetime

from probes.checks.context import ProbeContext
from probes.checks.proxy_connect import open_stream
from probes.net.clock import milliseconds_since, now
from probes.net.http1 import Head, make_request, read_head
from probes.protocol.failures import Failure
from probes.protocol.model import Step


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Send one request. A status means reached, also an error of the server's, unless a device on the path sends it."""
    start = now()
    with await open_stream(step, context) as stream:
        method = str(step.params.get("method", "GET"))
        sent, begun = time.time(), now()
        await stream.write(
            make_request(
                method,
                str(step.params.get("path", "/")),
                {"Host": step.target.host, "Connection": "close", "Accept": "*/*"},
            )
        )
        head = await read_head(stream.read)
        middle = sent + (now() - begun) / 2
    context.note(
        status=head.status,
        server=head.get("server"),
        location=head.get("location"),
        ms=milliseconds_since(start),
        auth_schemes=head.auth_schemes,
    )
    if (offset := date_offset(head, middle)) is not None:
        context.note(date_offset_s=offset)
    return judge(head)


def judge(head: Head) -> Failure | None:
    """The failure for a status that a proxy (407) or a captive portal (511, RFC 6585 section 6) sends, or none.

    What the server thinks of the request is its own affair: an error of Insights keeps nobody from calling.
    """
    if head.status == 407:
        return Failure.PROXY_AUTH_REQUIRED
    return Failure.HTTP_UNEXPECTED_STATUS if head.status == 511 else None


def date_offset(head: Head, middle: float) -> float | None:
    """Seconds by which the server's Date is ahead of *middle* of the round trip; a Date has whole seconds only."""
    try:
        return round(parsedate_to_datetime(head.get("date")).timestamp() - middle, 1)
    except (ValueError, TypeError, OverflowError):
        return None
