"""Actions of people in Slack, and the payloads that Slack then sends: commands, clicks, forms, messages."""

from typing import TYPE_CHECKING, Any

from tests.fake_slack import limits
from tests.fake_slack.links import link_event
from tests.fake_slack.oauth import installed_with
from tests.fake_slack.records import Delivery
from tests.fake_slack.responses import ResponseUrl, show
from tests.fake_slack.state import APP, MANIFEST, Channel, Message, Team, User, View, new_id
from tests.fake_slack.views import checked_view, keep

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

# as subscriptions call them
PLACES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


class Acting:
    """Mixin of the fake Slack. Each action waits for the app's acknowledgment and returns the delivery."""

    async def command(self: "FakeSlack", line: str, user: User, channel: Channel | None = None) -> Delivery:
        """Type *line*, such as `/diagnose 31009`."""
        team, channel = self.teams[user.team], channel or self.channel(team=self.teams[user.team])
        command, _, text = line.partition(" ")
        self.declared("slash_commands", "command", command)
        place = ResponseUrl(team, channel, user.id, self.clock.now())
        payload = {
            "token": "legacy",
            "team_id": team.id,
            "team_domain": team.name.lower(),
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": str(team.org_wide).lower(),
            **({"enterprise_id": team.enterprise} if team.enterprise else {}),
            "response_url": self._response_url(place),
            "trigger_id": self.trigger(user),
        }
        delivery = await self.deliveries.deliver("slash_commands", payload)
        answer = {"text": delivery.answer} if isinstance(delivery.answer, str) else delivery.answer
        if answer and (answer.get("text") or answer.get("blocks")):
            show(self, place, answer)
        return delivery

    async def click(self: "FakeSlack", message: Message, action: str, user: User) -> Delivery:
        """Press the button *action* of *message*."""
        block, element = next((b, e) for b, e in message.elements() if e["action_id"] == action)
        done = {
            key: element[key] for key in ("action_id", "type", "text", "value", "style") if key in element
        }
        return await self._act(message, block, done, user)

    async def vote(self: "FakeSlack", message: Message, thumb: str, user: User) -> Delivery:
        """Press a thumb of the feedback block of *message*: `positive` or `negative`."""
        block, element = next((b, e) for b, e in message.elements() if e["type"] == "feedback_buttons")
        pressed = element[f"{thumb}_button"]
        done = {"action_id": element["action_id"], "type": element["type"]}
        return await self._act(message, block, {**done, **pressed}, user)

    async def reveal(self: "FakeSlack", message: Message, action: str, user: User) -> Message:
        """Press the button *action* of *message*, and give what only *user* sees then."""
        before = len(self.whispers(user))
        await self.click(message, action, user)
        await self.records.until(
            lambda: len(self.whispers(user)) > before, 10, f"a private reply to {action}"
        )
        return self.whispers(user)[-1]

    async def select(self: "FakeSlack", message: Message, action: str, value: str, user: User) -> Delivery:
        """Choose the option *value* of the select *action*; StopIteration where there is no such option."""
        block, element = next((b, e) for b, e in message.elements() if e["action_id"] == action)
        chosen = next(option for option in element["options"] if option["value"] == value)
        done = {"action_id": action, "type": element["type"], "selected_option": chosen}
        return await self._act(message, block, done, user)

    async def press_in_view(self: "FakeSlack", view: View, action: str, user: User) -> Delivery:
        """Press a button of a modal or of the App Home."""
        found = Message(
            "0", next(iter(self.teams[user.team].channels.values())), "", "", view.content["blocks"]
        )
        block, element = next((b, e) for b, e in found.elements() if e["action_id"] == action)
        done = {key: element[key] for key in ("action_id", "type", "text", "value") if key in element}
        if element.get("options"):
            done["selected_option"] = element["options"][0]
        payload = self._interaction("block_actions", user)
        payload |= {"container": {"type": "view", "view_id": view.id}, "view": view.json()}
        payload["actions"] = [
            {**done, "block_id": block.get("block_id", "b0"), "action_ts": self.clock.stamp()}
        ]
        return await self.deliveries.deliver("interactive", payload)

    async def submit(self: "FakeSlack", view: View, values: dict[str, Any], user: User) -> Delivery:
        """Submit a form; *values* by block_id or action_id: texts, and option values. `errors` keep it open."""
        team = self.teams[user.team]
        state: dict[str, Any] = {}
        for name, element in view.inputs().items():
            value = values.get(name, values.get(element["action_id"]))
            state[name] = {element["action_id"]: _filled(element, value)}
        payload = self._interaction("view_submission", user)
        payload |= {"view": {**view.json(), "state": {"values": state}}, "response_urls": []}
        delivery = await self.deliveries.deliver("interactive", payload)
        match (delivery.answer or {}).get("response_action") if isinstance(delivery.answer, dict) else None:
            case "errors":
                unknown = set(delivery.answer["errors"]) - set(view.inputs())
                if unknown or not delivery.answer["errors"]:
                    self.records.violate(f"errors for blocks that are no inputs: {sorted(unknown)}")
            case "update":
                view.content = checked_view(self, "response_action", delivery.answer)
            case "push":
                keep(
                    self,
                    team,
                    user.id,
                    checked_view(self, "response_action", delivery.answer),
                    view.root or view.id,
                )
            case "clear":
                team.views.clear()
            case _:
                team.views.pop(view.id, None)
        return delivery

    async def shortcut(self: "FakeSlack", callback: str, message: Message, user: User) -> Delivery:
        """Use a message shortcut on *message*, by any author in any channel."""
        place = ResponseUrl(self.teams[user.team], message.channel, user.id, self.clock.now())
        self.declared("shortcuts", "callback_id", callback)
        payload = self._interaction("message_action", user, callback_id=callback)
        payload |= {"channel": _channel(message.channel), "message_ts": message.ts, "message": message.json()}
        payload["response_url"] = self._response_url(place)
        return await self.deliveries.deliver("interactive", payload)

    async def global_shortcut(self: "FakeSlack", callback: str, user: User) -> Delivery:
        """Use a shortcut that belongs to no message."""
        self.declared("shortcuts", "callback_id", callback)
        payload = self._interaction("shortcut", user, callback_id=callback)
        return await self.deliveries.deliver("interactive", payload)

    def paste(
        self: "FakeSlack", text: str, user: User, channel: Channel | None = None, thread: str | None = None
    ) -> Message:
        """Add a person's message without an event for the app."""
        channel = channel or self.channel(team=self.teams[user.team])
        message = Message(self.clock.stamp(), channel, user.id, text, thread_ts=thread)
        channel.messages[message.ts] = message
        return message

    async def say(
        self: "FakeSlack", text: str, user: User, channel: Channel | None = None, thread: str | None = None
    ) -> Message:
        """Post *text*, in a thread or not; the app gets an event where the bot is a member and may read."""
        message = self.paste(text, user, channel, thread)
        team = self.teams[user.team]
        event = {**message.json(), "channel": message.channel.id, "channel_type": message.channel.kind}
        event |= {"client_msg_id": new_id("M"), "event_ts": message.ts}
        event |= {"user_team": user.home} if user.home else {}
        mention = f"<@{team.bot}>" in text
        there = team.bot in message.channel.members  # elsewhere, Slack offers to invite the app
        if there and mention and message.channel.kind != "im":
            await self._event(team, {**event, "type": "app_mention"})
        if there and _readable(team, message.channel):
            await self._event(team, event)
        if shared := link_event(self, message, user):
            await self._event(team, shared)
        return message

    async def compose(self: "FakeSlack", text: str, user: User, channel: Channel | None = None) -> None:
        """Write *text* without sending it: the app hears of the links in it."""
        channel = channel or self.channel(team=self.teams[user.team])
        draft = Message(self.clock.stamp(), channel, user.id, text)
        if shared := link_event(self, draft, user, "composer"):
            await self._event(self.teams[user.team], shared)

    async def mention(
        self: "FakeSlack", text: str, user: User, channel: Channel | None = None, thread: str | None = None
    ) -> Message:
        """Mention the bot with *text*; the app gets a mention event, and a message event where it may read."""
        return await self.say(f"<@{self.teams[user.team].bot}> {text}", user, channel, thread)

    async def tell(self: "FakeSlack", text: str, user: User, thread: str | None = None) -> Message:
        """Write to the bot in direct messages."""
        return await self.say(text, user, self.teams[user.team].direct(user.id), thread)

    async def edit(self: "FakeSlack", message: Message, text: str) -> None:
        """Change what a person wrote."""
        message.text = text
        self.echo(message, "message_changed", always=True)

    async def open_home(self: "FakeSlack", user: User, tab: str = "home") -> View | None:
        """Open the App Home; return the view shown now, which the app may still be updating."""
        team = self.teams[user.team]
        event = {"type": "app_home_opened", "user": user.id, "channel": team.direct(user.id).id, "tab": tab}
        view = team.homes.get(user.id)
        await self._event(
            team, {**event, "event_ts": self.clock.stamp(), **({"view": view.json()} if view else {})}
        )
        return view

    async def invite(self: "FakeSlack", channel: Channel, user: User) -> None:
        """Invite the bot to *channel*."""
        team = self.teams[user.team]
        channel.members.add(team.bot)
        event = {"type": "member_joined_channel", "user": team.bot, "channel": channel.id, "team": team.id}
        await self._event(team, {**event, "inviter": user.id, "event_ts": self.clock.stamp()})

    async def stop(self: "FakeSlack", message: Message, user: User) -> None:
        """Press Slack's own Stop in the thread of *message*; Slack shows it where a session is processing."""
        team = self.teams[user.team]
        streams = [message.ts] if message.stream == "streaming" else []
        message.stream = "stopped_by_user" if message.stream == "streaming" else message.stream
        event = {"type": "agent_session_stopped", "channel": message.channel.id, "user": user.id}
        event |= {"thread_ts": message.root, "event_ts": self.clock.stamp()}
        await self._event(team, {**event, "streaming_message_ts": streams})

    async def uninstall(self: "FakeSlack", team: Team) -> None:
        """Uninstall the app from a workspace."""
        await self.revoke_tokens(team, bot=[team.bot])
        await self._event(team, {"type": "app_uninstalled"})
        for one in installed_with(self, team):
            one.installed = False

    async def revoke_tokens(self: "FakeSlack", team: Team, **tokens: list[str]) -> None:
        """Revoke tokens: `bot` or `oauth`, each with its users."""
        await self._event(team, {"type": "tokens_revoked", "tokens": tokens})

    def echo(self: "FakeSlack", message: Message, subtype: str = "", always: bool = False) -> None:
        """Send the app an event that *message* was posted, changed, or deleted; Slack also does so for its own."""
        team = self.teams[message.channel.team]
        there = self.request_url or self.socket.opened
        if not there or not (self.echoes or always) or team.bot not in message.channel.members:
            return
        if not _readable(team, message.channel):
            return
        event: dict[str, Any] = {
            "type": "message",
            "channel": message.channel.id,
            "event_ts": self.clock.stamp(),
        }
        event["channel_type"] = message.channel.kind
        if subtype:
            event |= {"subtype": subtype, "hidden": True, "ts": event["event_ts"], "message": message.json()}
            event |= {"previous_message": message.json()}
        else:
            event |= message.json()
        self.deliveries.post("events_api", self._envelope(team, event))

    def declared(self: "FakeSlack", feature: str, key: str, value: str) -> None:
        """Record a violation if the manifest does not declare a feature, because people could not use it."""
        if value not in [one[key] for one in MANIFEST["features"][feature]]:
            self.records.violate(f"the manifest has no {value} among its {feature}")

    def trigger(self: "FakeSlack", user: User) -> str:
        made = f"{new_id('X')}.{user.id}"
        self.triggers[made] = (user.id, self.clock.now(), False)
        return made

    async def _act(
        self: "FakeSlack", message: Message, block: dict[str, Any], done: dict[str, Any], user: User
    ) -> Delivery:
        place = ResponseUrl(self.teams[user.team], message.channel, user.id, self.clock.now(), message)
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel.id}
        container |= {"is_ephemeral": bool(message.only_for), "thread_ts": message.thread_ts}
        payload = self._interaction("block_actions", user)
        payload |= {"container": container, "channel": _channel(message.channel), "state": {"values": {}}}
        payload |= {"response_url": self._response_url(place)}
        if not message.only_for:
            payload["message"] = message.json()
        payload["actions"] = [
            {**done, "block_id": block.get("block_id", "b0"), "action_ts": self.clock.stamp()}
        ]
        return await self.deliveries.deliver("interactive", payload)

    async def press_card(
        self: "FakeSlack", message: Message, address: str, action: str, user: User
    ) -> Delivery:
        """Press the button *action* of the card below *message* for the link *address*."""
        card = Message(message.ts, message.channel, "", "", message.previews[address])
        block, element = next((b, e) for b, e in card.elements() if e["action_id"] == action)
        done = {key: element[key] for key in ("action_id", "type", "text", "value") if key in element}
        place = ResponseUrl(self.teams[user.team], message.channel, user.id, self.clock.now())
        container = {"type": "message_attachment", "message_ts": message.ts, "attachment_id": 1}
        container |= {"channel_id": message.channel.id, "is_ephemeral": False, "is_app_unfurl": True}
        container |= {"app_unfurl_url": address}
        container |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
        payload = self._interaction("block_actions", user)
        payload |= {"container": container, "channel": _channel(message.channel), "state": {"values": {}}}
        payload |= {"app_unfurl": {"id": 1, "blocks": card.blocks, "is_app_unfurl": True}}
        payload |= {"response_url": self._response_url(place)}
        payload["actions"] = [{**done, "block_id": block["block_id"], "action_ts": self.clock.stamp()}]
        return await self.deliveries.deliver("interactive", payload)

    def _interaction(self: "FakeSlack", kind: str, user: User, **more: Any) -> dict[str, Any]:
        team = self.teams[user.team]
        return {
            "type": kind,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.home or team.id,
            },
            "api_app_id": APP,
            "token": "legacy",
            "trigger_id": self.trigger(user),
            "team": {"id": team.id, "domain": team.name.lower()},
            "enterprise": {"id": team.enterprise} if team.enterprise else None,
            "is_enterprise_install": team.org_wide,
            "action_ts": self.clock.stamp(),
            **more,
        }

    def _response_url(self: "FakeSlack", place: ResponseUrl) -> str:
        made = new_id("R")
        self.responses[made] = place
        return f"{self.base}/response/{made}"

    async def _event(self: "FakeSlack", team: Team, event: dict[str, Any]) -> Delivery | None:
        kind = event["type"]
        if kind == "message":
            kind = f"message.{PLACES[event['channel_type']]}"
        if kind not in MANIFEST["settings"]["event_subscriptions"]["bot_events"]:
            return None
        return await self.deliveries.deliver("events_api", self._envelope(team, event))

    def _envelope(self: "FakeSlack", team: Team, event: dict[str, Any]) -> dict[str, Any]:
        grant = {
            "enterprise_id": team.enterprise or None,
            "team_id": team.id,
            "user_id": team.bot,
            "is_bot": True,
        }
        return {
            "token": "legacy",
            "team_id": team.id,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(self.clock.now()),
            "authorizations": [{**grant, "is_enterprise_install": team.org_wide}],
            "is_ext_shared_channel": bool(event.get("user_team")),
            "event_context": "4-fake",
        }

    def pings(self: "FakeSlack") -> list[str]:
        """List every mention of a whole channel in the bot's messages."""
        return [one for sent in self.records.outgoing.values() for args in sent for one in limits.pings(args)]


def _filled(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """The state of one input."""
    kind = element["type"]
    if kind.startswith("multi_"):
        wanted = value if value is not None else [one["value"] for one in element.get("initial_options", ())]
        chosen = [option for option in element["options"] if option["value"] in wanted]
        assert len(chosen) <= element.get("max_selected_items", 100)
        return {"type": kind, "selected_options": chosen}
    if kind.endswith("select") or kind == "radio_buttons":
        options = [
            *element.get("options", ()),
            *(o for g in element.get("option_groups", ()) for o in g["options"]),
        ]
        chosen = next((option for option in options if option["value"] == value), None)
        return {"type": kind, "selected_option": chosen or element.get("initial_option")}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": value or []}
    return {"type": kind, "value": value if value is not None else element.get("initial_value")}


def _channel(channel: Channel) -> dict[str, str]:
    return {"id": channel.id, "name": "privategroup" if channel.kind == "group" else channel.name}


def _readable(team: Team, channel: Channel) -> bool:
    """Whether the app may read what people write there without a mention."""
    scope = {"channel": "channels", "group": "groups"}.get(channel.kind, channel.kind)
    return f"{scope}:history" in team.scopes
