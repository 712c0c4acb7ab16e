"""Slack Web API client: one session for all calls, retries, and errors as `SlackError`."""

import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

TRIES: Final = 6  # each after the pause that Retry-After asks for: about a minute in all
UNREACHABLE: Final = "unreachable"
BUSY: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
# Slack may have carried out the request, or may do so when it is retried.
UNCERTAIN: Final = frozenset(
    {UNREACHABLE, "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


class SlackError(Exception):
    """An error from Slack: its error code, the missing scopes, and the seconds to wait before a retry.

    *status* is the HTTP status if something other than Slack's API answered; *detail* is the reason if nothing did.
    """

    def __init__(
        self,
        word: str,
        needed: tuple[str, ...] = (),
        wait: float = 0.0,
        *,
        status: int = 0,
        detail: str = "",
    ) -> None:
        super().__init__(word)
        self.word = word
        self.needed = needed
        self.wait = wait
        self.status = status
        self.detail = detail


Patience: TypeAlias = Literal["patient", "hasty"]


def make_client(
    token: str, session: aiohttp.ClientSession, api_url: str, patience: Patience = "patient"
) -> AsyncWebClient:
    """Make a client for *token*; "hasty" never retries: the call may have had its effect, or time matters."""
    handlers: list[AsyncRetryHandler] = []
    if patience == "patient":
        handlers += [
            AsyncRateLimitErrorRetryHandler(max_retry_count=TRIES),
            AsyncServerErrorRetryHandler(max_retry_count=2),
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
        ]
    return AsyncWebClient(
        token=token or None,
        base_url=api_url,
        session=session,
        retry_handlers=handlers,
        logger=quiet_log(),
        timeout=30,
    )


async def call(send: Callable[..., Awaitable[Any]], **arguments: Any) -> Mapping[str, Any]:
    """Await one Web API call and return its response as a mapping; raises `SlackError`."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        answer = await send(**given)
    except SlackApiError as error:
        raise _refused(error) from None
    except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError) as error:
        detail = _detail(error)
        log.warning("Slack cannot be reached: %s", detail)
        raise SlackError(UNREACHABLE, detail=detail) from None
    data = getattr(answer, "data", answer)
    return data if isinstance(data, Mapping) else {}


def _refused(error: SlackApiError) -> SlackError:
    status = getattr(error.response, "status_code", 0)
    data = getattr(error.response, "data", error.response)
    known = data if isinstance(data, Mapping) else {}
    word = str(known.get("error") or ("ratelimited" if status == 429 else UNREACHABLE))
    needed = str(known.get("needed") or "")
    return SlackError(
        word,
        tuple(item.strip() for item in needed.split(",") if item.strip()),
        _wait(error, word),
        status=0 if "error" in known else status,
    )


def _detail(error: Exception) -> str:
    """Describe in a few words why no answer arrived."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} cannot be resolved"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "its certificate is not trusted"
        case aiohttp.ClientConnectorError():
            return os.strerror(error.errno or 0).lower()
        case _:
            return type(error).__name__


def _wait(error: SlackApiError, word: str) -> float:
    """Read the pause that Slack asks for, in seconds; 0 if the error is not a rate limit."""
    if word not in BUSY:
        return 0.0
    headers = {str(k).casefold(): v for k, v in dict(getattr(error.response, "headers", {})).items()}
    text = str(headers.get("retry-after", ""))
    return float(text) if text.isascii() and text.isdecimal() else 1.0


def cleaned_log(name: str, clean: Callable[[logging.LogRecord], bool]) -> logging.Logger:
    """Return a logger for the SDK's warnings; *clean* is a filter that removes tracebacks or secrets from records."""
    logger = logging.getLogger(f"lineman.slack.{name}")
    logger.setLevel(logging.WARNING)
    logger.filters = [clean]
    return logger


def quiet_log() -> logging.Logger:
    """Return the logger for SDK clients, at WARNING: below that level, the SDK logs whole requests."""
    logger = logging.getLogger("lineman.slack.web")
    logger.setLevel(logging.WARNING)
    return logger
