"""Find the lines of a long log that contain certain words, in time that grows with the text alone.

Pure.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bot.intake.parsing.hosts import HOST, names_in
from knowledge.search.small_letters import CaselessPattern

MOST: Final = 300  # lines for each word
_LONGEST: Final = 1_500  # characters to each side
_NEAR: Final = 500  # characters around a line that may name the host
_ADDRESS: Final = re.compile(rf"\b(?:https?|wss?|turns?|stuns?)://{HOST}", re.IGNORECASE)
_WEBSOCKET: Final = re.compile(rf"\bwss?://{HOST}", re.IGNORECASE)
_FILES: Final = (
    ".js", ".ts", ".html", ".mp3", ".java", ".kt", ".swift", ".m", ".c", ".so", ".dylib", ".app", ".php",
)  # fmt: skip
_CODE: Final = ("com.", "org.", "java.", "javax.", "android.", "tvo.", "nwerror.")
_DECIDES: Final = CaselessPattern(
    r"error|exception|fail|code|denied|refused|candidate:|clos(?:ed?|ing)|HANGUP|Content.Security|twilio|fehler|/errors?/"
)


def shortened(text: str, longest: int) -> str:
    """Return *text* with at most *longest* characters: of a longer one, the lines that may decide come first."""
    if len(text) <= longest:
        return text
    deciding = "\n".join(line[:_LONGEST] for line in text.split("\n") if _DECIDES.search(line[:_LONGEST]))
    return (
        f"{deciding}\n{text}"[:longest]
        if len(deciding) < longest
        else deciding[: longest // 2] + deciding[-longest // 2 :]
    )


def lines_with(text: str, words: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each line that contains one of *words*, with the place of the word; the same line once for each word."""
    for word in words:
        at, last = text.find(word), -1
        for _ in range(MOST):
            if at < 0:
                break
            begin = text.rfind("\n", max(0, at - _LONGEST), at) + 1 or max(0, at - _LONGEST)
            end = text.find("\n", at, at + _LONGEST)
            end = end if end >= 0 else min(len(text), at + _LONGEST)
            if begin != last:
                yield text[begin:end], at
            last = begin
            at = text.find(word, end)


def host_in(line: str, text: str = "", at: int = 0) -> str:
    """Return the host that *line* names, or that the lines around it in *text* name in an address."""
    if found := _ADDRESS.search(line):
        return found["host"].casefold()
    names = [name for name in names_in(line) if not name.endswith(_FILES) and not name.startswith(_CODE)]
    if names or not text:
        ours = (name for name in names if name.endswith(".twilio.com"))
        return next(ours, "") or next(iter(names), "")
    # What a page loads says nothing about its WebSocket, which Safari's errors do not name.
    addresses = _WEBSOCKET if "WebSocket" in line else _ADDRESS
    near = addresses.findall(text[max(0, at - _NEAR) : at])
    return str(near[-1]).casefold() if near else ""


def line_at(text: str, at: int) -> str:
    """Return the line of *text* around position *at*, at most 300 characters to each side."""
    begin = text.rfind("\n", max(0, at - 300), at) + 1 or max(0, at - 300)
    end = text.find("\n", at, at + 300)
    return text[begin : end if end >= 0 else at + 300]
