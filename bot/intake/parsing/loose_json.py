"""Read what is nearly JSON: JavaScript objects, Swift and Objective-C descriptions, Python's, and what was cut off.

Pure. Never fails and never recurses: what does not fit is left out, what is not closed is closed at the end.
`[a: 1]` is a map as Swift prints it, `{ a = 1; }` one of Objective-C, `( … )` its list.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

DEEPEST: Final = 60  # a report has eight levels

_TOKEN: Final = re.compile(
    r"""\s+|//[^\n]*|/\*.*?(?:\*/|\Z)"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?|`(?:[^`\\]|\\.)*+`?)"""
    r"""|(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.%:/-]))"""
    r"""|(?P<mark>=>|[{}\[\](),:;=])"""
    r"""|(?P<dots>\.\.\.|\u2026)"""
    r"""|(?P<word>(?:<null>|[^\s{}\[\](),:;="'`\u2026]+))""",
    re.DOTALL,
)

_WORDS: Final = {
    "true": True, "false": False, "yes": "YES", "no": "NO", "null": None, "none": None, "nil": None,
    "undefined": None, "nan": None, "infinity": None, "-infinity": None, "<null>": None, "inf": None, "-inf": None,
}  # fmt: skip

_CLOSES: Final = {"{": "}", "[": "]", "(": ")"}
_UNSET: Final = object()
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(slots=True)
class _Open:
    """A map or list that is not closed yet; which of the two shows when the first key comes."""

    closer: str
    wraps: bool = False  # Optional(…), AnyHashable(…): stands for what is inside
    items: list[Any] = field(default_factory=list)
    pairs: dict[str, Any] | None = None
    key: Any = _UNSET
    last_in_items: bool = False  # where the value came to that was added last

    def add(self, value: Any) -> None:
        self.last_in_items = self.key is _UNSET
        if self.key is _UNSET:
            self.items.append(value)
        else:
            assert self.pairs is not None
            self.pairs[self.key] = value
            self.key = _UNSET

    def name(self) -> None:
        """Take what came last as the key of what comes next."""
        if self.items and self.key is _UNSET:
            self.key = str(self.items.pop())
            self.pairs = {} if self.pairs is None else self.pairs

    def separate(self) -> None:
        if self.key is not _UNSET:
            self.add(None)

    def unwrap(self) -> bool:
        """Take back the word just read: it is the name of what wraps the value that comes."""
        if self.items and self.key is _UNSET and self.last_in_items:
            self.items.pop()
            return True
        if self.pairs and not self.last_in_items:
            self.key = next(reversed(self.pairs))
            del self.pairs[self.key]
            return True
        return False

    def value(self) -> Any:
        self.separate()
        if self.pairs is not None or (self.closer == "}" and not self.wraps):
            return self.pairs or {}
        return self.items[0] if self.wraps and len(self.items) == 1 else self.items


def parse(text: str, start: int = 0) -> tuple[Any, int, bool]:
    """Read the value that begins at *start* with a bracket: the value, where it ends, whether it was cut off."""
    reader = _LooseReader()
    at = start
    while match := _TOKEN.match(text, at):
        at = match.end()
        if match.lastgroup and reader.take(match.lastgroup, match[0], match.start()):
            return reader.whole, at, reader.cut
    return reader.finish(), at, True


@dataclass(slots=True)
class _LooseReader:
    """What has been opened and not closed yet, outermost first."""

    stack: list[_Open] = field(default_factory=list)
    too_deep: int = 0
    word_end: int = -1  # where the word just read ended, if it was one
    cut: bool = False
    whole: Any = None

    def take(self, kind: str, written: str, start: int) -> bool:
        """Take one token; true when it closed the whole."""
        after_word, self.word_end = self.word_end == start, -1
        if kind == "mark" and written in _CLOSES:
            self.open(written, after_word=after_word)
        elif kind == "mark" and written in "}])":
            return self.close(written)
        elif kind == "dots":
            self.cut = True
        elif self.stack and not self.too_deep:
            self.inside(kind, written, start)
        return False

    def open(self, mark: str, *, after_word: bool) -> None:
        if self.too_deep or len(self.stack) >= DEEPEST:
            self.too_deep += 1
            return
        wraps = mark == "(" and after_word and bool(self.stack) and self.stack[-1].unwrap()
        self.stack.append(_Open(_CLOSES[mark], wraps))

    def close(self, mark: str) -> bool:
        """Close the innermost bracket that *mark* fits, and those inside it."""
        if self.too_deep:
            self.too_deep -= 1
            return False
        if not any(item.closer == mark for item in self.stack):
            return False
        while True:
            frame = self.stack.pop()
            value = frame.value()
            if not self.stack:
                self.whole = value
                return True
            self.stack[-1].add(value)
            if frame.closer == mark:
                return False

    def inside(self, kind: str, written: str, start: int) -> None:
        if kind != "mark":
            self.stack[-1].add(_scalar(kind, written))
            self.word_end = start + len(written) if kind == "word" else -1
        elif written in (",", ";"):
            self.stack[-1].separate()
        else:
            self.stack[-1].name()

    def finish(self) -> Any:
        """Close everything that is open."""
        while len(self.stack) > 1:
            inner = self.stack.pop().value()
            self.stack[-1].add(inner)
        return self.stack[0].value() if self.stack else None


def _scalar(kind: str, written: str) -> Any:
    if kind == "number":
        return _number(written)
    if kind == "word":
        return _WORDS.get(written.casefold(), written)
    return _unquoted(written)


def _number(written: str) -> Any:
    try:
        value = float(written)
    except ValueError:
        return written
    if value != value or value in (float("inf"), float("-inf")):
        return None
    return int(value) if value.is_integer() and "e" not in written.lower() and "." not in written else value


def _unquoted(written: str) -> str:
    quote = written[0]
    body = written[1:-1] if len(written) > 1 and written.endswith(quote) else written[1:]
    if "\\" not in body:
        return body
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    word = match[1]
    if len(word) == 5:
        return chr(int(word[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(word, word)


def load_strict(text: str, start: int = 0) -> tuple[Any, int]:
    """Read one strict JSON value that begins at *start*; ValueError, or RecursionError, when there is none."""
    return _STRICT.raw_decode(text, start)


def _constant(_: str) -> None:
    return None  # NaN and the infinities are no numbers here


_STRICT: Final = json.JSONDecoder(parse_constant=_constant, strict=False)
