"""The smallest of Bolt apps, on either transport: what the fake Slack is tested with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import APP_TOKEN, SIGNING_SECRET


def make_app(slack: FakeSlack) -> AsyncApp:
    """An app that answers a command in the channel, and events by remembering them."""
    client = AsyncWebClient(token=slack.team.token, base_url=f"{slack.base}/api/")
    app = AsyncApp(client=client, token=slack.team.token, signing_secret=SIGNING_SECRET)
    heard: list[dict[str, Any]] = []
    app.heard = heard  # type: ignore[attr-defined]  # for the tests to look at

    @app.command("/diagnose")
    async def diagnose(ack: Any, say: Any, command: dict[str, Any]) -> None:
        await ack()
        await say(text=f"about {command['text']}", blocks=button(command["text"]))

    @app.action("again")
    async def again(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="again", replace_original=False)

    @app.shortcut("diagnose_open")
    async def form(ack: Any, client: AsyncWebClient, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("asked")
    async def asked(ack: Any, view: dict[str, Any]) -> None:
        value = view["state"]["values"]["code"]["code"]["value"]
        if value == "31009":
            await ack()
        else:
            await ack(response_action="errors", errors={"code": "five digits"})

    @app.event("app_mention")
    @app.event("message")
    @app.event("app_home_opened")
    @app.event("agent_session_stopped")
    async def event(event: dict[str, Any], body: dict[str, Any]) -> None:
        heard.append({**event, "event_id": body["event_id"]})

    return app


def button(value: str) -> list[dict[str, Any]]:
    """A section and a button below it."""
    words = {"type": "plain_text", "text": "Again"}
    pressed = {"type": "button", "action_id": "again", "text": words, "value": value}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"about {value}"}}
    return [section, {"type": "actions", "elements": [pressed]}]


def modal() -> dict[str, Any]:
    """A form with one field."""
    word = {"type": "plain_text", "text": "Code"}
    field = {"type": "plain_text_input", "action_id": "code"}
    block = {"type": "input", "block_id": "code", "label": word, "element": field}
    return {"type": "modal", "callback_id": "asked", "title": word, "submit": word, "blocks": [block]}


@asynccontextmanager
async def running(
    app: AsyncApp, slack: FakeSlack, transport: str, connections: int = 1
) -> AsyncIterator[None]:
    """Let *app* listen until the block is left."""
    async with AsyncExitStack() as stack:
        if transport == "http":
            runner = web.AppRunner(app.server(port=0, path="/slack/events", host="127.0.0.1").web_app)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        else:
            for _ in range(connections):
                handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=1)
                await handler.connect_async()
                stack.push_async_callback(handler.close_async)
            await slack.records.until(lambda: len(slack.socket.live) == connections)
        yield
        await asyncio.sleep(0)
