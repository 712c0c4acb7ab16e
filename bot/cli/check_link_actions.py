"""List, cancel, and renew check links from the terminal, and print what to send to the customer."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot.check_link.links import cancel_link, renew_link
from bot.check_link.settings import CheckSettings
from bot.cli.check_link_text import link_json, link_row
from bot.errors import UsageError, unknown_word
from bot.rendering.check_link_text import reminder, test_again
from bot.storage.links_table import CheckLink
from bot.storage.store import Store

NONE: Final = "There are no check links. Make one, such as: lineman check-link 31009"


async def list_links(store: Store, *, as_json: bool) -> int:
    """Print all links."""
    links = await store.links()
    rows = [(link, await store.checks_of_link(link)) for link in links]
    if as_json:
        write_json({"links": [link_json(link, checks) for link, checks in rows]})
    elif not rows:
        sys.stdout.write(f"{NONE}\n")
    else:
        sys.stdout.writelines(f"{link_row(link, checks)}\n" for link, checks in rows)
    return 0


def without_links(words: Sequence[str], *, as_json: bool) -> int:
    """Do as the command *words* does where no link was made yet; `UsageError` for the name of a link."""
    if len(words) == 2:
        raise _unknown(words[1], [])
    if as_json:
        write_json({"links": []})
    else:
        sys.stdout.write(f"{NONE}\n")
    return 0


async def cancel(store: Store, name: str, *, as_json: bool) -> int:
    """Revoke a link."""
    link = await named(store, name)
    changed = await cancel_link(store, link.name, time.time())
    if as_json:
        write_json({"name": link.name, "revoked": True})
    else:
        sys.stdout.write(f"Link {link.name} {'no longer works' if changed else 'was revoked before'}.\n")
    return 0


async def again(store: Store, settings: CheckSettings, name: str, *, as_json: bool) -> int:
    """Make a link good for one more check, and print what to send to the customer."""
    link = await renew_link(store, settings, (await named(store, name)).name, time.time())
    if link is None:
        raise UsageError("This link was revoked. Make a new one: lineman check-link CODE")
    return _write_text(link, test_again, as_json=as_json)


async def remind(store: Store, name: str, *, as_json: bool) -> int:
    """Print what to send to a customer who has not tested yet."""
    return _write_text(await named(store, name), reminder, as_json=as_json)


def _write_text(link: CheckLink, text: Callable[[float], str], *, as_json: bool) -> int:
    """Write what to send to the customer about *link*."""
    if not link.is_open(time.time()):
        raise UsageError(
            f"This link does not work any more. Renew it: lineman check-link again {link.name}"
            if link.revoked is None
            else "This link was revoked. Make a new one: lineman check-link CODE"
        )
    if as_json:
        write_json({**link_json(link, ()), "text": text(link.expires)})
    else:
        sys.stdout.write(f"Send this to the customer:\n{text(link.expires)}\n")
    return 0


async def named(store: Store, name: str) -> CheckLink:
    """Return the link with this name; `UsageError` if there is none."""
    link = await store.link_named(name)
    if link is None:
        raise _unknown(name, [each.name for each in await store.links()])
    return link


def _unknown(name: str, known: list[str]) -> UsageError:
    return unknown_word("a check link", name, known, "lineman check-link list")


def write_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")
