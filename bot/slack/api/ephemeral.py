"""Ephemeral replies, visible only to the person who asked: usage errors, refusals, help. Slack does not store them."""

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
    """Reply to the actor alone: by the response URL, else an ephemeral message, else a direct message.

    Raises `SlackError` if a retry may succeed.
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
        log.warning("an ephemeral reply could not be delivered: %s", refused.word)


async def _respond(session: aiohttp.ClientSession, url: str, message: Message) -> bool:
    """Post to the response URL (Slack allows 5 posts in 30 minutes); returns whether Slack accepted it."""
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
        if answer.status_code == 400:  # probably the blocks: retry with plain text
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
        log.info("no ephemeral message posted: %s", refused.word)
        return False
    return True
