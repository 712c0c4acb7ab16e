"""Parse which allow-list somebody wants, from a command line or a chat message.

Pure: no network, no clock.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.allowlist.formats import FORMS
from bot.errors import UsageError, unknown_word
from bot.model.request import DASHES
from bot.model.vocabulary import platform_names
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from knowledge.reasoning.answers import option_for

TEXT: Final = "text"
OPTIONS: Final = ("platform", "edge", "turn", "sdk-version", "format", "any-address")

# Requests that start with what people call an allow-list. "Can I allow-list by address?" is a question about
# it.
_CALLED: Final = re.compile(
    r"^\W*(?P<ask>(?:(?:please|can|could|you|i|we|have|need|(?P<verb>show|give|send|make|get|export|write|print)|me|us|the|"
    r"an?|our)\s+){0,7})(?:allow|white)[- ]?list(?![\w-])\s*(?:for|of|on|please)?\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST: Final = 12  # words; a longer text is not a request
_FILLER: Final = (
    "please for the a an at on in with as and edge platform list format file of it my our app apps sdk client clients "
    "firewall rules need needs now thanks"
)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The list to make: platform, edge, with or without TURN, format."""

    platform: str
    edge: str
    turn: bool = False
    form: str = TEXT
    any_address: bool = False  # instead of names, for formats that support addresses only
    legacy: bool = False  # for a mobile SDK with its own signaling port


def called(text: str) -> str | None:
    """The text after the words for an allow-list; None if *text* does not ask for one."""
    found = _CALLED.match(text)
    if not found or len(found["rest"].split()) > _LONGEST:
        return None
    asks = "?" in found["rest"] and found["ask"] and not found["verb"]
    return None if asks else found["rest"].rstrip("?! .")


def asks_plainly(text: str) -> bool:
    """Whether *text* clearly asks the bot for a list, as in “give me the allow-list for iOS”."""
    found = _CALLED.match(text)
    return called(text) is not None and bool(found and (found["verb"] or not found["ask"]))


def read_words(text: str, platforms: Mapping[str, str], network: Network) -> dict[str, str]:
    """Parse options such as `ios edge=frankfurt turn=yes format=nft` into names and values.

    Raises `UsageError` for an unknown word.
    """
    options: dict[str, str] = {}
    plain: list[str] = []
    words = text.translate(DASHES).split()
    while words:
        word = words.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals and not word.startswith("--"):
            plain.append(word.strip(".,:;!").casefold())
            continue
        if name.casefold() not in OPTIONS:
            raise unknown_word("an option of allowlist", name, OPTIONS)
        flag = name.casefold() == "any-address" and not equals
        options[name.casefold()] = value if equals else "yes" if flag else words.pop(0) if words else ""
    return {**_by_meaning(plain, platforms, network), **options}


def make_list_request(fields: Mapping[str, str], knowledge: Knowledge, network: Network) -> ListRequest:
    """Validate *fields*, values by name from `OPTIONS`; `UsageError` suggests the closest words."""
    yes_no = {"yes": "yes", "no": "no"}
    return ListRequest(
        platform=_one("a platform", fields.get("platform", ""), platform_names(knowledge)),
        edge=_one("an edge", fields.get("edge") or network.roaming, _same(network.edge_names)),
        turn=_one("an answer for turn", fields.get("turn") or "no", yes_no) == "yes",
        form=_one("a format", fields.get("format") or TEXT, _same(FORMS)),
        any_address=_one("an answer for any-address", fields.get("any-address") or "no", yes_no) == "yes",
        legacy=is_legacy(fields.get("sdk-version") or None, knowledge),
    )


def is_legacy(version: str | None, knowledge: Knowledge) -> bool:
    """Whether the mobile SDK *version* uses its own signaling port; `UsageError` if it is not a version."""
    if version is None:
        return False
    answer = option_for(knowledge.questions["sdk-version"], version)
    if answer is None:
        raise UsageError(f"{version!r} is not an SDK version. Write it like 2.1.0 or 6.12.")
    return answer == "before-3"


def _by_meaning(words: Sequence[str], platforms: Mapping[str, str], network: Network) -> dict[str, str]:
    """Determine the option that each bare word is for; `UsageError` for an unknown word."""
    kinds = (("platform", platforms), ("edge", network.edge_names), ("format", FORMS))
    found: dict[str, str] = {}
    for word in words:
        if word in ("turn", "stun"):
            found["turn"] = "yes"
            continue
        kind = next((name for name, known in kinds if word in known), "")
        if kind:
            found[kind] = word
        elif word not in _FILLER.split():
            raise unknown_word(
                "a platform, an edge or a format", word, (*platforms, *network.edge_names, *FORMS)
            )
    return found


def _same(words: Iterable[str]) -> dict[str, str]:
    return {word: word for word in words}


def _one(kind: str, word: str, known: Mapping[str, str]) -> str:
    if word.casefold() not in known:
        raise unknown_word(kind, word, known)
    return known[word.casefold()]
