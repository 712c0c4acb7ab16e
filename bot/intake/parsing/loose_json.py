"""Parse nearly-JSON: JavaScript objects, descriptions of Swift, Objective-C, and Python, truncated text.

Pure. Never fails and never recurses. Unexpected tokens are skipped, and open brackets are closed at the end.
`[a: 1]` is a map of Swift, `{ a = 1; }` one of Objective-C, `( … )` a list of Objective-C.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

DEEPEST: Final = 60  # a report has eight levels

_TOKEN: Final = re.compile(
    r"""\s*+(?:(?P<name>[A-Za-z_$][^\s{}\[\](),:;="'`\u2026]*+)"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?|`(?:[^`\\]|\\.)*+`?)"""
    r"""|(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.%:/-]))"""
    r"""|(?P<mark>=>|[{}\[\](),:;=])"""
    r"""|(?P<dots>\.\.\.|\u2026)"""
    r"""|//[^\n]*|/\*.*?(?:\*/|\Z)"""
    r"""|(?P<word>(?:<null>|[^\s{}\[\](),:;="'`\u2026]+)))|\s+""",
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
    """An open map or list. The first key shows which of the two it is."""

    closer: str
    wraps: bool = False  # Optional(…), AnyHashable(…): replaced by its content
    items: list[Any] = field(default_factory=list)
    pairs: dict[str, Any] | None = None
    key: Any = _UNSET
    last_in_items: bool = False  # the last value was added to the items

    def add(self, value: Any) -> None:
        self.last_in_items = self.key is _UNSET
        if self.key is _UNSET:
            self.items.append(value)
        else:
            assert self.pairs is not None
            self.pairs[self.key] = value
            self.key = _UNSET

    def name(self) -> None:
        """Use the last value as the key of the next one."""
        if self.items and self.key is _UNSET:
            self.key = str(self.items.pop())
            self.pairs = {} if self.pairs is None else self.pairs

    def separate(self) -> None:
        if self.key is not _UNSET:
            self.add(None)

    def unwrap(self) -> bool:
        """Drop the last word: it is the name of a wrapper around the next value."""
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
    """Parse the value whose bracket is at *start*. Return it, its end, and whether it was truncated."""
    reader = _LooseReader()
    at = start
    for match in _TOKEN.finditer(text, start):
        at, kind = match.end(), match.lastgroup
        if kind and reader.take("word" if kind == "name" else kind, match[kind], match.start(kind)):
            return reader.whole, at, reader.cut
    return reader.finish(), at, True


@dataclass(slots=True)
class _LooseReader:
    """The open maps and lists, outermost first."""

    stack: list[_Open] = field(default_factory=list)
    too_deep: int = 0
    word_end: int = -1  # where the last token ended, if it was a word
    cut: bool = False
    whole: Any = None

    def take(self, kind: str, written: str, start: int) -> bool:
        """Add one token. Return True if it closed the outermost bracket."""
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
        """Close the innermost bracket that *mark* fits, and all inside it."""
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
        """Close all open brackets."""
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
    """Parse one strict JSON value at *start*; ValueError or RecursionError if there is none.

    The decoder's error counts the lines of all that it was given. In a long text, a part is therefore tried first.
    """
    part = text[start : start + _PART]
    try:
        value, end = _STRICT.raw_decode(part)
    except json.JSONDecodeError as error:
        if start + len(part) < len(text) and (error.pos > len(part) - _SPLIT or error.msg in _GOES_ON):
            return _STRICT.raw_decode(text, start)
        error.pos += start
        raise
    return value, start + end


def _constant(_: str) -> None:
    return None  # NaN and infinities are not numbers here


_PART: Final = 4_000  # characters
_SPLIT: Final = 16  # characters: the longest number, word, or escape that the end of a part may split
_GOES_ON: Final = ("Unterminated string starting at",)
_STRICT: Final = json.JSONDecoder(parse_constant=_constant, strict=False)
