"""Text of any way in, a command, a sentence or a pasted log, becomes a request.

Pure: no network, no clock. Never fails: what cannot be understood is answered by a `UsageError` with examples.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.clues import NAMES, TYPED, find_clues, nearest, plain, relays_in
from bot.errors import UsageError, either, unknown
from bot.request import Request, Vocabulary, parse, parse_words

EXAMPLES: Final = (
    "`/diagnose 31009`, `/diagnose 31009 ios edge=frankfurt`, or any sentence or log with an error code in it"
)


@dataclass(frozen=True, slots=True)
class Choices:
    """Several things may be meant: a sentence that asks which, and a request for each label."""

    ask: str
    options: tuple[tuple[str, Request], ...]


Understood: TypeAlias = Request | Choices | UsageError


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write an error code; *sure* where it can be nothing else, so that an unknown one is a mistake."""

    what: str
    pattern: re.Pattern[str]
    sure: bool


def _form(what: str, pattern: str, *, sure: bool = False) -> Form:
    return Form(what, re.compile(pattern, re.IGNORECASE), sure)


# "error 31009", "code=31009", "errorCode": 31009, "Error (31009)", "#31009"; not "error after 31009 ms".
CALLED: Final = (
    r"(?:error|errors|err|code|codes|fehler|#)[\"']?(?:\s*(?:code|no\.?|nr\.?|number|is|was|of))?"
    r"\s*[:=#_\-(\[]{0,3}\s*[\"']?(\d{5})(?!\d)(?!\s*(?:ms|bytes|seconds)\b)"
)

ALONE: Final = "alone"

# The ways in which people write an error code, read in this order.
FORMS: Final = (
    _form("the address of an error's page", r"/errors?/(\d{5})(?!\d)", sure=True),
    _form("after a word for it", CALLED, sure=True),
    _form(ALONE, r"(?<![\w.:+\-/@,])(\d{5})(?![\w@]|[.:,\-/]\d)"),
    _form("glued to a word: TwilioError31009, E31009", r"(?<=[a-z_])(\d{5})(?!\d)"),
    _form(
        "in groups: 31 009, 31.009, 3-1-0-0-9", r"(?<![\w.:+\-])(\d(?:[ .,\-_]?\d){4})(?![\w]|[ .,\-_:]\d)"
    ),
    _form(
        "in a row, or with letters for digits: 31005/31009, 31OO9, 3l009",
        r"(?<![\w.:+\-])([0-9oil|]{5})(?![\w])",
    ),
)

LETTERS: Final = str.maketrans("oOiIlL|", "0011111")

# A number of five digits that comes after one of these is something else, unless it is a known code.
ELSE: Final = re.compile(
    r"(?:ports?|udp|tcp|pid|line|bytes|ms|took|thread|size|zip|plz|id|room|ticket|case)[ \t:=#\[(]{0,3}\Z",
    re.IGNORECASE,
)

# How alike an option's name must be to be taken for a slip of it: "trun" is 0.75 turn.
SLIP: Final = 0.7

# A code, a word or two, and from where: this is a command, and no story.
COMMAND: Final = re.compile(
    rf"(?:/?diagnose\s+)?\d{{5}}(?:\s+[^\s,]+){{0,5}}?\s+from\s+{NAMES}\s*[.!]?$", re.IGNORECASE
)

UNIT: Final = re.compile(r"\s?(?:ms|s|sec|seconds|bytes|kb|hz|packets)\b", re.IGNORECASE)

# Words that say nothing about the request: with these around a code nothing is lost by leaving them out.
FILLER: Final = frozenset(
    word
    for line in (
        "a an and are at call calling calls can cannot cant client code codes connection customer device diagnose",
        "did does error errors err failed failing fails failure fix for from get gets getting got has have help hello",
        "hey hi how i in is issue it its keep keeps me my of on our pls please plz problem sdk see seeing still that",
        "the their this to transport twilio us user users voice we what whats why with wrong you your app again",
        "always sometimes now today version platform edge relay",
    )
    for word in line.split()
)


def understand(text: str, vocabulary: Vocabulary) -> Understood:
    """Read *text*: the request it makes, the choice that is left, or what to type instead."""
    said = plain(text)
    try:
        return parse(said, vocabulary)
    except UsageError as error:
        strict = error
    codes = find_codes(said, vocabulary)
    known = [code for code in codes if code in vocabulary.codes]
    if not known:
        return _no_code(codes, vocabulary)
    clues = find_clues(said, vocabulary)
    if _is_slip(said, clues, vocabulary) or _names_no_relay(said, vocabulary):
        return strict
    requests = [_make(code, clues, vocabulary) for code in known]
    if len(requests) == 1:
        return requests[0]
    ask = f"There are several error codes in that: {either(known)}. Which one shall I look into?"
    return Choices(ask, tuple(zip(known, requests, strict=True)))


def find_codes(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The codes in *text* (as `plain` gives it) that are known, as they come; else those that look like one."""
    known: dict[str, int] = {}
    doubtful: dict[str, int] = {}  # known, but where a port or a line number would stand
    others: dict[str, int] = {}
    for form, code, at, end in _written(text):
        is_else = bool(ELSE.search(text, max(0, at - 12), at) or UNIT.match(text, end))
        if code in vocabulary.codes:
            place = doubtful if is_else and not form.sure else known
        elif form.sure or (form.what == ALONE and not is_else and 10000 <= int(code) < 70000):
            place = others
        else:
            continue
        place[code] = min(at, place.get(code, at))
    found = known or doubtful or others
    return tuple(sorted(found, key=lambda code: found[code]))


def _written(text: str) -> Iterator[tuple[Form, str, int, int]]:
    for form in FORMS:
        for match in form.pattern.finditer(text):
            written = match[match.lastindex or 0]
            yield form, re.sub(r"\D", "", written.translate(LETTERS)), match.start(), match.end()


def _no_code(codes: tuple[str, ...], vocabulary: Vocabulary) -> UsageError:
    if codes:
        return unknown("an error code known here", codes[0], vocabulary.codes, vocabulary.see)
    return UsageError(f"I find no error code in that. Try {EXAMPLES}.")


def _make(code: str, clues: dict[str, str], vocabulary: Vocabulary) -> Request:
    """The request for *code*, with every clue that the strict reader accepts too."""
    options = [("code", code)]
    for option in sorted(clues.items(), key=lambda one: one[0] != "platform"):  # a version needs it
        try:
            parse_words((), vocabulary, [*options, option])
        except UsageError:  # such as a version without a platform
            continue
        options.append(option)
    return parse_words((), vocabulary, options)


def _is_slip(text: str, clues: dict[str, str], vocabulary: Vocabulary) -> bool:
    """Whether this was typed as a command and one of its words means nothing here: better asked than ignored."""
    if len(text) > TYPED or "\n" in text.strip():
        return False
    bare = len(text.split()) <= 3  # a code and a word or two
    return any(_means_nothing(word, clues, vocabulary, bare=bare) for word in text.split())


def _names_no_relay(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a command ends with a list of relays and one of them is none: looking from elsewhere would mislead."""
    typed = COMMAND.match(text.strip()) if len(text) <= TYPED else None
    if typed is None:
        return False
    names = [one for one in re.split(r"[\s,&]+", typed[1].casefold()) if one and one != "and"]
    prose = any(one.strip(".") in FILLER for one in names)
    return not prose and len(relays_in(" ".join(names), vocabulary)) < len(set(names))


def _means_nothing(word: str, clues: dict[str, str], vocabulary: Vocabulary, *, bare: bool) -> bool:
    name, equals, _ = word.lstrip("-\u2014\u2013").casefold().partition("=")
    if re.search(r"\d{5}|[@/]", word):  # the code itself, a mention, an address
        return False
    if equals or word.startswith("--"):
        near = name if name in vocabulary.names else nearest(name, vocabulary.names, cutoff=SLIP)
        return near not in clues if near else bare
    plain_word = name.strip(".,:;!?()[]{}<>*_`\"'")
    if not bare or not plain_word.isalpha() or len(plain_word) < 3 or plain_word in FILLER:
        return False
    meant = (*vocabulary.platforms, *vocabulary.edges, *vocabulary.relays, *vocabulary.names)
    in_clue = any(plain_word in value for value in clues.values())
    in_name = any(plain_word in one for one in meant)
    return not (in_clue or in_name or nearest(plain_word, meant))
