"""Make the Bolt app and register all listeners."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, cast

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.slack.api.client import make_client
from bot.slack.api.settings import SlackSettings
from bot.slack.api.workspaces import Authorize
from bot.slack.listeners.routes import LISTENERS
from bot.slack.state.context import AppContext

NOT_INSTALLED: Final = (
    "Lineman is not installed in this workspace, or was removed. An admin can install it at an "
    "address that ends with /slack/install. Ask the administrator of Lineman for that address."
)


def make_app(settings: SlackSettings, context: AppContext) -> AsyncApp:
    """Make the app; Bolt verifies signatures and timestamps, ignores our own messages, and asks us for the token."""
    app = AsyncApp(
        name="lineman",
        logger=_quiet(),
        # Socket Mode needs no secret, but Bolt requires a string.
        signing_secret=settings.signing_secret or "socket-mode",
        client=make_client("", context.session, settings.api_url),
        authorize=cast("Callable[..., Awaitable[AuthorizeResult]]", Authorize(context.workspaces)),
        # Always set: otherwise Bolt would build its own from SLACK_CLIENT_ID, with files in the home folder.
        oauth_flow=context.workspaces.flow,
        user_facing_authorize_error_message=NOT_INSTALLED,
        request_verification_enabled=settings.transport == "http",
        raise_error_for_unhandled_request=False,
        # Acknowledge events, too, only after their listener has stored them, so that none is lost.
        process_before_response=True,
    )
    for listener in LISTENERS:
        listener.register(app, context)
    return app


def _quiet() -> logging.Logger:
    logger = logging.getLogger("lineman.slack.bolt")
    logger.setLevel(logging.ERROR)  # its warnings quote whole requests
    # `Authorize` logs workspaces without an installation; Bolt would log them as errors.
    logging.getLogger("slack_bolt.AsyncMultiTeamsAuthorization").setLevel(logging.CRITICAL)
    return logger
