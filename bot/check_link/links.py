"""Make check links for a case, and the address that the customer opens."""

from typing import Final

from bot.check_link.settings import CheckSettings
from bot.storage.links_table import CheckLink, hash_token, new_token
from bot.storage.store import Store

HOUR: Final = 3600.0  # seconds
# Characters of a link's name: enough that no two links share one.
_NAME: Final = 8
PATH: Final = "/check"


async def make_link(store: Store, settings: CheckSettings, case_id: str, now: float) -> tuple[CheckLink, str]:
    """Store a new link for a case. Return it with its address, which is not stored and cannot be shown again."""
    url, token = settings.required_url(), new_token()
    hashed = hash_token(token)
    link = CheckLink(hashed, hashed[:_NAME], case_id, now, now + settings.hours * HOUR, settings.runs)
    await store.save_link(link)
    return link, f"{url}{PATH}/{token}"
