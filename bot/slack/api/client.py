"""Slack's Web API: one session for all calls, what is tried again, and refusals as one exception of ours."""

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

TRIES: Final = 6  # at Retry-After's own pace: a minute or so of being told to wait
UNREACHABLE: Final = "unreachable"
BUSY: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
# Slack may have done what it was asked for, or will do it when asked again.
UNCERTAIN: Final = frozenset(
    {UNREACHABLE, "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


class SlackError(Exception):
    """Slack has said no: its own error word, the scopes that are missing, the seconds to wait before the next try.

    Where it was not Slack who answered, there is an HTTP *status*; where nobody did, *detail* says what went wrong.
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
    """Give a client for *token*: hasty repeats nothing, because Slack may have done it, or because time matters."""
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
    """Await one call of the Web API and give what it answers; raises `SlackError`."""
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
    """Say in a few words why nobody answered."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} is not known"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "its certificate is not trusted"
        case aiohttp.ClientConnectorError():
            return os.strerror(error.errno or 0).lower()
        case _:
            return type(error).__name__


def _wait(error: SlackApiError, word: str) -> float:
    """Read how long Slack wants to be left alone."""
    if word not in BUSY:
        return 0.0
    headers = {str(k).casefold(): v for k, v in dict(getattr(error.response, "headers", {})).items()}
    text = str(headers.get("retry-after", ""))
    return float(text) if text.isascii() and text.isdecimal() else 1.0


def cleaned_log(name: str, clean: Callable[[logging.LogRecord], bool]) -> logging.Logger:
    """Give the SDK a log of its own for what it warns of; *clean* takes out of a record what should not stand there."""
    logger = logging.getLogger(f"lineman.slack.{name}")
    logger.setLevel(logging.WARNING)
    logger.filters = [clean]
    return logger


def quiet_log() -> logging.Logger:
    """Keep the SDK's own log above the level at which it writes down whole requests."""
    logger = logging.getLogger("lineman.slack.web")
    logger.setLevel(logging.WARNING)
    return logger
