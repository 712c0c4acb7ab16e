"""Ask a language model with an OpenAI-compatible endpoint: POST …/chat/completions.

Imported only if an endpoint is set, because aiohttp is slow to import.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import aiohttp

from bot.http_body import read_body
from bot.language.llm_settings import LlmEndpoint, RewordingError

_LARGEST: Final = 256 * 1024  # bytes of a reply; a good one has about 2 kB
_TOKENS: Final = 600  # enough for eight sentences


async def complete(endpoint: LlmEndpoint, messages: Sequence[dict[str, str]]) -> str:
    """Return the model's reply to *messages*. Raise `RewordingError` within the budget on any failure."""
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    wanted: dict[str, Any] = {
        "messages": list(messages),
        "temperature": 0,
        "max_tokens": _TOKENS,
        "stream": False,
    }
    if endpoint.model:
        wanted["model"] = endpoint.model
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=endpoint.budget)) as session,
            # A redirect would send the question and the key to a host that is not configured.
            session.post(endpoint.chat, headers=headers, json=wanted, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise RewordingError(f"the endpoint answered with status {answer.status}")
            if answer.content_type == "text/event-stream":
                raise RewordingError("the endpoint streams its answer although the request says not to")
            body = await read_body(answer, _LARGEST)
    except TimeoutError:
        raise RewordingError(f"the endpoint did not answer within {endpoint.budget:g} s") from None
    except (aiohttp.ClientError, OSError):
        raise RewordingError("the endpoint could not be reached") from None
    if body is None:
        raise RewordingError("the endpoint's answer is too long")
    return _said(body)


def _said(body: bytes) -> str:
    """Return the text of a chat completion, unless it is truncated, a tool call, or empty."""
    try:
        choice = json.loads(body)["choices"][0]
        reason, text = choice.get("finish_reason"), choice["message"]["content"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise RewordingError("the endpoint did not return a chat completion") from None
    if reason not in (None, "stop") or not isinstance(text, str):
        raise RewordingError("the model's answer is incomplete")
    return text
