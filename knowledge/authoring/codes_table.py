"""Make `docs/codes.md`, the table of codes, platforms, and causes in Markdown; a test keeps the file up to date.

Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from knowledge.model.platforms import ErrorCode
from knowledge.model.schema import Cause, Knowledge

_HEAD: Final = """\
# Codes, platforms, causes

Made by `make codes` from the files in `knowledge/`; a test compares the two. The number after a cause is how common it
is for that code, 1 (rare) to 5. Letters stand for the platforms whose SDK raises the code: {letters}; `S`: only the
service reports it, in the account's debugger. A code in italics does not belong to the Voice SDKs.
"""
_SERVICE: Final = "S"


def codes_table(knowledge: Knowledge) -> str:
    """Make the whole page."""
    errors = sorted(knowledge.errors.values(), key=lambda code: code.code)
    letters = platform_letters(knowledge)
    rows = [_row(error_code, knowledge, letters) for error_code in errors]
    causes = sorted(knowledge.causes.values(), key=lambda cause: cause.id)
    legend = ", ".join(f"`{letter}` {knowledge.platforms[id_].title}" for id_, letter in letters.items())
    return "\n".join(
        [
            _HEAD.format(letters=legend),
            "| code | name | raised by | causes |",
            "|---|---|---|---|",
            *rows,
            "",
            "## Causes",
            "",
            "| cause | what it is | platforms | decided by |",
            "|---|---|---|---|",
            *(_cause(item) for item in causes),
            "",
        ]
    )


def _row(error: ErrorCode, knowledge: Knowledge, letters: Mapping[str, str]) -> str:
    causes = [cause for cause in knowledge.causes.values() if error.code in cause.weight]
    causes.sort(key=lambda item: (-item.weight[error.code], item.id))
    visible = ", ".join(f"{cause.id} {cause.weight[error.code]:g}" for cause in causes)
    code = f"*{error.code}*" if error.elsewhere else error.code
    # Without a cause here, the column says where to continue.
    known = visible or _cell(error.elsewhere.strip()).replace("<", "&lt;") or "none known"
    return f"| {code} | {_cell(error.name)} | {_letters(error, letters)} | {known} |"


def _letters(error: ErrorCode, letters: Mapping[str, str]) -> str:
    if error.elsewhere:
        return "-"
    if not error.platforms:
        return _SERVICE
    return " ".join(letter for platform, letter in letters.items() if platform in error.platforms)


def platform_letters(knowledge: Knowledge) -> dict[str, str]:
    """Assign each platform the shortest beginning of its title that is unique."""
    letters: dict[str, str] = {}
    for platform in knowledge.platforms.values():
        title = platform.title[:1].upper() + platform.title[1:]
        taken = {_SERVICE, *letters.values()}
        fitting = (title[:length] for length in range(1, len(title) + 1) if title[:length] not in taken)
        letters[platform.id] = next(fitting, platform.id)
    return letters


def _cause(cause: Cause) -> str:
    questions = list(dict.fromkeys(_questions(cause)))
    return f"| {cause.id} | {_cell(cause.title)} | {', '.join(cause.platforms) or 'all'} | {', '.join(questions)} |"


def _questions(cause: Cause) -> Iterator[str]:
    for condition in cause.when:
        yield from condition


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
