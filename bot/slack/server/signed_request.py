"""Read a request that Slack signed. Everything else is refused before its content is parsed.

The signature covers the raw bytes: https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

import asyncio
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from yarl import query_to_pairs

LARGEST: Final = 4 * 2**20  # bytes; Slack's requests are far smaller
BODY_SECONDS: Final = 10.0  # for the whole body; Slack gives up after 3 seconds
SKEW: Final = 300  # seconds that the timestamp may be off, as Slack recommends

NO_SIGNATURE: Final = (
    "rejected requests without Slack's signature headers. Scanners cause this. If they came from "
    "Slack, a proxy in front of Lineman removes the X-Slack headers."
)
UNSIGNED: Final = (
    "rejected a request: its signature does not match SLACK_SIGNING_SECRET, or its time is more "
    "than five minutes off. If Slack reports dispatch_failed, copy the Signing Secret again "
    "(Basic Information), and check this host's clock."
)
TOO_LARGE: Final = f"rejected a request with a body of more than {LARGEST // 2**20} MiB"
UNFINISHED: Final = f"rejected a request whose body was invalid, or not complete after {BODY_SECONDS:g} s"
UNREADABLE: Final = "rejected a request that Slack signed: its content is not readable"

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_PRESSED: Final = "payload="  # prefix of interactions: actions, modals, and shortcuts
_OBJECTS: Final = ("event", "view")  # parts whose type Bolt does not check
# What Python and Bolt raise for content of another form: not UTF-8, not JSON, no object, ids of other types, too deep.
_MISREAD: Final = (ValueError, TypeError, AttributeError, LookupError, RecursionError)


class RequestRefused(Exception):  # noqa: N818 - an answer to a stranger, not a fault of ours
    """The request gets *status* as its answer, and the log a fixed *reason* that does not quote it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class SlackSignature:
    """The two headers by which Slack signs, well-formed but not verified."""

    timestamp: str
    signature: str

    def fits(self, body: bytes, secret: str) -> bool:
        """Whether *secret* gives this signature for *body*; an empty one never does."""
        signed = b"v0:" + self.timestamp.encode() + b":" + body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return bool(secret) and hmac.compare_digest(f"v0={digest}", self.signature)


def read_signature(request: web.BaseRequest, now: float) -> SlackSignature:
    """Read the signature headers, each exactly once and recent at *now* (Unix time); `RequestRefused` (401)."""
    timestamps = request.headers.getall("X-Slack-Request-Timestamp", [])
    signatures = request.headers.getall("X-Slack-Signature", [])
    if not (
        len(timestamps) == len(signatures) == 1
        and _TIMESTAMP.fullmatch(timestamps[0])
        and _SIGNATURE.fullmatch(signatures[0])
    ):
        raise RequestRefused(401, NO_SIGNATURE)
    if abs(now - int(timestamps[0])) > SKEW:
        raise RequestRefused(401, UNSIGNED)
    return SlackSignature(timestamps[0], signatures[0])


async def read_signed(request: web.BaseRequest, secret: str, now: float) -> AsyncBoltRequest:
    """Verify *request*, then parse it; `RequestRefused` (400, 401, 413)."""
    signature = read_signature(request, now)
    body = await _read_body(request)
    if not signature.fits(body, secret):
        raise RequestRefused(401, UNSIGNED)
    try:
        return _parse(request, body)
    except _MISREAD:
        raise RequestRefused(400, UNREADABLE) from None


async def _read_body(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > LARGEST:
        raise RequestRefused(413, TOO_LARGE)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise RequestRefused(413, TOO_LARGE) from None
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        raise RequestRefused(400, UNFINISHED) from None


def _parse(request: web.BaseRequest, body: bytes) -> AsyncBoltRequest:
    """Make a Bolt request. Slack sends UTF-8 and names no charset, so a charset in the header is ignored.

    An action carries the whole message as one form value. Bolt decodes it in Python, which takes longer than everything
    else before the acknowledgment; here it is decoded in C.
    """
    text = body.decode()
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind not in (_JSON, _FORM):
        raise ValueError(kind)
    content = dict(query_to_pairs(text))["payload"] if kind == _FORM and text.startswith(_PRESSED) else text
    if (kind == _JSON or content is not text) and not content.startswith("{"):
        raise ValueError("not a JSON object")
    made = AsyncBoltRequest(
        body=content,
        query=request.query_string,
        headers=request.headers,  # type: ignore[arg-type]  # as in Bolt's own adapter
    )
    if not made.body or not all(isinstance(made.body.get(part, {}), dict) for part in _OBJECTS):
        raise ValueError("no content, or parts of the wrong type")
    made.raw_body = text  # the text that Slack signed
    return made
