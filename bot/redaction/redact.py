"""Remove secrets and phone numbers from text before it is stored, logged or displayed.

Pure: no network, no clock. Keeps error codes, versions, addresses, ports, dates and run ids.
"""

import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.redaction.encodings import find_encoded
from bot.redaction.html_tables import find_in_html
from bot.redaction.look_alikes import as_seen, find_as_seen, placed, without
from bot.redaction.phone_numbers import find_phones
from bot.redaction.secret_patterns import CREDENTIAL, Found
from bot.redaction.secrets import find_broken, find_secrets
from bot.redaction.tables import find_in_columns

PHONE: Final = "phone number"

HINT: Final = "I removed something that should not be here ({kinds}). It is not stored or repeated."

# A line break inside a token: with indentation and quote marks around it, or written as \n, or a shell's \.
LINE_BREAK: Final = re.compile(r"(?<![ \t])[ \t]*+\\?(?:(?:\r?\n|\r)[ \t>|]*+|\\r\\n|\\n)+")

WORD: Final = re.compile(r"\w")

# JSON names whose value is always secret; compared in lower case without - and _.
SECRET_NAMES: Final = frozenset(
    {"password", "passwd", "pwd", "credential", "secret", "clientsecret", "signingsecret", "apisecret", "apikey",
     "token", "accesstoken", "authtoken", "refreshtoken", "jwt", "privatekey", "authorization", "username"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may be stored, and the kinds of what was removed, each once."""

    text: str
    kinds: tuple[str, ...] = ()


def redact(text: str) -> Redacted:
    """Replace each secret and phone number in *text* with `[… removed]`; idempotent."""
    spans = _merged(_find(text))
    parts, at = [], 0
    for start, end, kind in spans:
        parts += [text[at:start], f"[{kind} removed]"]
        at = end
    return Redacted("".join([*parts, text[at:]]), tuple(dict.fromkeys(kind for _, _, kind in spans)))


def redact_json(value: Any) -> Any:
    """Copy a JSON *value* with all its text redacted, and with every value whose name marks a secret."""
    match value:
        case str():
            return redact(value).text
        case Mapping():
            return {redact(str(key)).text: _by_name(str(key), item) for key, item in value.items()}
        case list() | tuple():
            return [redact_json(item) for item in value]
    return value


def hint(kinds: Iterable[str]) -> str:
    """Say in one sentence what was removed; empty if nothing was."""
    named = ", ".join(dict.fromkeys(kinds))
    return HINT.format(kinds=named) if named else ""


class RedactingFilter(logging.Filter):
    """Redacts each log record: its message, its traceback, its stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record, redacted."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - logging must go on even if a caller's arguments are wrong
            message = f"{record.msg} (its arguments do not fit)"
        record.msg, record.args = redact(message).text, ()
        if record.exc_info and record.exc_info[1]:
            record.exc_text = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text).text
        if record.stack_info:
            record.stack_info = redact(record.stack_info).text
        return True


def _by_name(name: str, value: Any) -> Any:
    if name.casefold().replace("_", "").replace("-", "") in SECRET_NAMES and isinstance(value, str) and value:
        return f"[{CREDENTIAL} removed]"
    return redact_json(value)


def _find(text: str) -> Iterator[Found]:
    found, first = as_seen(text)
    yield from placed(_all(found), first)
    joined, place = without(LINE_BREAK, found)
    if len(joined) < len(found):
        broken = find_broken(joined, lambda end: not WORD.match(found, place(end - 1) + 1))
        yield from placed(placed(broken, place), first)


def _all(text: str) -> Iterator[Found]:
    yield from _direct(text)
    yield from find_encoded(text, lambda decoded: find_as_seen(decoded, _direct))


def _direct(text: str) -> Iterator[Found]:
    yield from find_secrets(text)
    yield from find_in_columns(text)
    if "</th>" in text.casefold():
        yield from find_in_html(text)
    for start, end in find_phones(text):
        yield start, end, PHONE


def _merged(found: Iterable[Found]) -> list[Found]:
    """Sort the spans and merge those that overlap; the kind is that of the first, then longest, span."""
    merged: list[Found] = []
    for start, end, kind in sorted(found, key=lambda item: (item[0], -item[1])):
        if merged and start < merged[-1][1]:
            first, last, known = merged[-1]
            merged[-1] = (first, max(last, end), known)
        else:
            merged.append((start, end, kind))
    return merged
