"""Answers that only the person who asked sees: usage errors, refusals, help. Nothing that must be kept."""

import logging
from typing import Any

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.rendering.blocks.message import Message
from bot.slack.api.actor import Actor
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError, call, quiet_log
from bot.slack.api.post_update import post
from bot.slack.api.workspaces import Workspace

log = logging.getLogger(__name__)


async def post_ephemeral(
    workspace: Workspace, session: aiohttp.ClientSession, actor: Actor, message: Message
) -> None:
    """Tell the person alone, by the nearest way: the response address, an ephemeral message, a direct one.

    Raises `SlackError` where another try may reach them.
    """
    if actor.response_url and await _respond(session, actor.response_url, message):
        return
    if actor.channel and not actor.direct and await _ephemeral(workspace, actor, message):
        return
    try:
        here = actor.channel if actor.direct else actor.user
        await post(workspace, here, message, thread=actor.thread if actor.direct else "")
    except SlackError as refused:
        if refused.word in BUSY | UNCERTAIN:
            raise
        log.warning("an answer reached nobody: %s", refused.word)


async def _respond(session: aiohttp.ClientSession, url: str, message: Message) -> bool:
    """Use the response address: five times within half an hour; tells whether Slack took it."""
    client = AsyncWebhookClient(
        url,
        session=session,
        logger=quiet_log(),
        retry_handlers=[
            AsyncRateLimitErrorRetryHandler(max_retry_count=5),
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
        ],
    )
    body: dict[str, Any] = {"response_type": "ephemeral", "replace_original": False, "unfurl_links": False}
    try:
        answer = await client.send_dict(body | message.payload())
        if answer.status_code == 400:  # the blocks, perhaps
            answer = await client.send_dict(body | message.simpler().payload())
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
    return answer.status_code == 200


async def _ephemeral(workspace: Workspace, actor: Actor, message: Message) -> bool:
    try:
        await call(
            workspace.client.chat_postEphemeral,
            channel=actor.channel,
            user=actor.user,
            thread_ts=actor.thread or None,
            **message.payload(),
        )
    except SlackError as refused:
        log.info("no ephemeral message: %s", refused.word)
        return False
    return True
