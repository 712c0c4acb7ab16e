"""Make, renew, and cancel check links, in Slack and in the terminal alike."""

from typing import Final

from bot.check_link.link_posts import CANCELED, WAITING, changed_post
from bot.check_link.settings import CheckSettings
from bot.storage.links_table import CheckLink, hash_token, new_token
from bot.storage.store import Store

HOUR: Final = 3600.0  # seconds
# Characters of a link's name: enough that no two links share one.
NAME: Final = 8
PATH: Final = "/check"


async def make_link(
    store: Store, settings: CheckSettings, case_id: str, now: float, name: str = ""
) -> tuple[CheckLink, str]:
    """Store a new link for a case. Return it with its address, which is not stored and cannot be shown again."""
    settings.required_url()
    token = new_token()
    hashed = hash_token(token)
    link = CheckLink(hashed, name or hashed[:NAME], case_id, now, now + settings.hours * HOUR, settings.runs)
    await store.save_link(link)
    return link, _address(settings, token)


async def new_address(store: Store, settings: CheckSettings, link: CheckLink) -> str:
    """Give *link* another address, as the former one was perhaps never shown; "" if it was used or revoked."""
    token = new_token()
    return _address(settings, token) if await store.replace_token(link, hash_token(token)) else ""


async def cancel_link(store: Store, name: str, now: float) -> bool:
    """Revoke a link, and say so in its message; return False if it was revoked before."""
    if not await store.revoke_link(name, now):
        return False
    if post := await changed_post(store, name, CANCELED):
        await store.owe(post)
    return True


async def renew_link(store: Store, settings: CheckSettings, name: str, now: float) -> CheckLink | None:
    """Make a link good for one more check, and wait for it; None if it was revoked."""
    link = await store.renew_link(name, now + settings.hours * HOUR)
    if link and (post := await changed_post(store, name, WAITING, f"{link.expires:.0f}")):
        await store.owe(post)
    return link


def _address(settings: CheckSettings, token: str) -> str:
    return f"{settings.required_url()}{PATH}/{token}"
