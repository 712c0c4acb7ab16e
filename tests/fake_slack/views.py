"""views.*: modals need a fresh trigger, the App Home a user."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tests.fake_slack import limits
from tests.fake_slack.api import SlackError, method
from tests.fake_slack.state import Team, View, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

TRIGGER_LIFE: Final = 3.0  # seconds
STACK: Final = 3


@method("views.open")
def open_view(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    user = slack.spend_trigger(str(args.get("trigger_id", "")))
    return {"view": keep(slack, team, user, checked_view(slack, "views.open", args)).json()}


@method("views.push")
def push(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    user = slack.spend_trigger(str(args.get("trigger_id", "")))
    below = [view for view in team.views.values() if view.user == user]
    if len(below) >= STACK:
        raise SlackError("push_limit_reached")
    root = below[0].root or below[0].id if below else ""
    return {"view": keep(slack, team, user, checked_view(slack, "views.push", args), root).json()}


@method("views.update")
def update(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    view = _named(team, args)
    content = checked_view(slack, "views.update", args)
    if args.get("hash") and args["hash"] != view.hash:
        raise SlackError("hash_conflict")
    view.content, view.hash = content, new_id("H")
    return {"view": view.json()}


@method("views.publish")
def publish(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    user = str(args.get("user_id", ""))
    if user not in team.users:
        raise SlackError("user_not_found")
    content = checked_view(slack, "views.publish", args)
    if content.get("type") != "home":
        raise SlackError("invalid_arguments")
    old = team.homes.get(user)
    if old and args.get("hash") and args["hash"] != old.hash:
        raise SlackError("hash_conflict")
    view = View(old.id if old else new_id("V"), team.id, user, content, hash=new_id("H"))
    team.homes[user] = view
    return {"view": view.json()}


def checked_view(slack: "FakeSlack", name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The view in *args*, if Slack would show it."""
    view = args.get("view")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    slack.records.outgoing[name].append(dict(args))
    if found := limits.pings(view):
        slack.records.violate(f"{name}: pings {found}")
    if wrong := limits.check_view(view):
        for sentence in wrong:
            slack.records.violate(f"{name}: {sentence}")
        if "view_too_large" in wrong:
            raise SlackError("view_too_large")
        raise SlackError(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in wrong]}
        )
    return view


def keep(slack: "FakeSlack", team: Team, user: str, content: dict[str, Any], root: str = "") -> View:
    """Show *content* to *user* as a modal."""
    view = View(new_id("V"), team.id, user, content, root, new_id("H"))
    team.views[view.id] = view
    return view


def _named(team: Team, args: Mapping[str, Any]) -> View:
    wanted, outside = args.get("view_id"), args.get("external_id")
    for view in team.views.values():
        if view.id == wanted or (outside and view.content.get("external_id") == outside):
            return view
    raise SlackError("not_found")
