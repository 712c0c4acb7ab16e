"""Join the customer messages of several causes into one text that can be forwarded as it is.

Pure: no network, no clock.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from knowledge.model.advice import AdvisedCause
from knowledge.model.conclusions import Diagnosis
from probes.protocol.model import USER_NETWORK

_SENTENCE: Final = re.compile(r"(?<=[.?])\s+(?=[A-Z\u201c])")
_ASIDE: Final = re.compile(r" \([^()]*\)")
ASK: Final = re.compile(r"Please ask (your [A-Za-z ]+? team) to (.+)\.", re.DOTALL)
# A cause clears what it does not blame. Beside another cause, only that one can tell.
_FINE: Final = re.compile(
    r"Your [a-z, ]+ (?:is|are) (?:fine|not the cause)\.|Nothing is wrong with your [a-z ]+\."
)
_NETWORK_TEAM: Final = "your network team"
_NUMBERS: Final = ("", "", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_FEW: Final = 2  # more requests than this become a numbered list

# A text about a network that may not be the customer's names it as the one that was tested.
_ELSEWHERE: Final = (
    (re.compile(r"\bYour network team\b"), "Its network team"),
    (re.compile(r"\byour network team\b"), "its network team"),
    (re.compile(r"\bYour (network|VPN|IT team)\b"), r"This \1"),
    (re.compile(r"\byour (network|VPN|IT team)\b"), r"this \1"),
    (re.compile(r"\bYour DNS servers\b"), "Its DNS servers"),
    (re.compile(r"\byour DNS servers\b"), "its DNS servers"),
)
ELSEWHERE: Final = "We tested a network that may not be yours."


def customer_text(
    diagnosis: Diagnosis,
    found: Sequence[AdvisedCause],
    risks: Sequence[AdvisedCause],
    vantage: str,
    *,
    looked: bool = True,
    browser: bool = False,
) -> str:
    """Return the one text for the customer: of all causes *found*; without a cause, of the *risks*.

    It says "your network" only if *vantage* is in the user's network. *looked*: whether anything was tested.
    *browser*: only the customer's browser tested, which cannot test everything.
    """
    inside = vantage == USER_NETWORK
    if found:
        text = join_texts([cause.customer for cause in found], blocks=_all_block(found))
    elif not looked:
        return "We need to know more about this error before we can name a cause."
    elif diagnosis.outcome == "clear":
        text = (
            _clear(inside=inside, browser=browser)
            if not risks
            else join_texts([risk.customer for risk in risks])
        )
    else:
        return "We are still checking, and will get back to you."
    return text if inside or not (found or risks) else name_elsewhere(text)


def join_texts(texts: Sequence[str], *, blocks: bool = False) -> str:
    """Join *texts*: requests to the same team become one, and no sentence is repeated.

    *blocks*: each of them stops calls. One text is returned unchanged.
    """
    texts = tuple(dict.fromkeys(texts))
    if len(texts) < 2:
        return "".join(texts)
    split = [split_sentences(text) for text in texts]
    every_fine = all(any(map(_FINE.fullmatch, sentences)) for sentences in split)
    if not every_fine:
        split = [[each for each in sentences if not _FINE.fullmatch(each)] for sentences in split]
    teams = [{match[1] for each in sentences if (match := ASK.fullmatch(each))} for sentences in split]
    only_network = all(team == {_NETWORK_TEAM} for team in teams)
    if only_network:
        split = [list(_from_request(sentences)) for sentences in split]
        split.insert(0, [_settings(len(texts), blocks=blocks)])
    return " ".join(_merged(split, at=0 if only_network else -1))


def without_asides(text: str) -> str:
    """Return *text* without what is in parentheses."""
    return _ASIDE.sub("", text)


def split_sentences(text: str) -> list[str]:
    """Split *text* where a sentence ends and a capital letter follows; never inside a host name."""
    return _SENTENCE.split(" ".join(text.split()))


def _merged(texts: Sequence[Sequence[str]], at: int) -> Iterator[str]:
    """Join all requests to one team in the place of its first one (*at* 0) or its last one (-1).

    What follows a request in its text never comes before the joined one. No sentence is repeated.
    """
    asks: dict[str, list[str]] = {}
    for sentence in dict.fromkeys(each for sentences in texts for each in sentences):
        if match := ASK.fullmatch(sentence):
            asks.setdefault(match[1], []).append(match[2])
    written: set[str] = set()
    followers: list[str] = []
    for sentences in texts:
        waits = False  # for the joined request
        for sentence in sentences:
            match = ASK.fullmatch(sentence)
            if sentence in written:
                continue
            written.add(sentence)
            if match and asks[match[1]][at] == match[2]:
                yield from (_request(match[1], asks[match[1]]), *followers)
                followers.clear()
            elif match:
                waits = at == -1
            elif waits:
                followers.append(sentence)
            else:
                yield sentence
    yield from followers


def _request(team: str, wishes: Sequence[str]) -> str:
    if len(wishes) <= _FEW:
        return f"Please ask {team} to {', and to '.join(wishes)}."
    listed = "; ".join(f"({number}) {wish}" for number, wish in enumerate(wishes, 1))
    return f"Please ask {team} to make {len(wishes)} changes: {listed}."


def _from_request(sentences: Sequence[str]) -> Iterator[str]:
    """Leave out what comes before the request: one sentence at the top says it for all."""
    requested = False
    for sentence in sentences:
        requested = requested or ASK.fullmatch(sentence) is not None
        if requested:
            yield sentence


def _settings(count: int, *, blocks: bool) -> str:
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{number} settings in your network {'stop' if blocks else 'affect'} calls."


def _all_block(causes: Iterable[AdvisedCause]) -> bool:
    return all(cause.impact == "blocks" for cause in causes)


def _clear(*, inside: bool, browser: bool) -> str:
    if browser:
        network = "your network" if inside else "a network that may not be yours"
        return f"We tested {network} with your browser. Everything that it could test works."
    if inside:
        return "We tested your network. Everything that calls require can be reached."
    return (
        "From where we tested, everything that calls require can be reached. Your network is not tested yet."
    )


def name_elsewhere(text: str) -> str:
    """Say the same about a network that may not be the customer's; what clears theirs is left out."""
    sentences = [each for each in split_sentences(text) if not _FINE.fullmatch(each)]
    changed = " ".join(sentences)
    for pattern, words in _ELSEWHERE:
        changed = pattern.sub(words, changed)
    return changed if changed == " ".join(sentences) else f"{ELSEWHERE} {changed}"
