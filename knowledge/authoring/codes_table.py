"""The table of codes, platforms and causes, as Markdown: `docs/codes.md` is this, and a test holds it fresh.

Pure.
"""

from collections.abc import Iterator
from typing import Final

from knowledge.model.platforms import ErrorCode
from knowledge.model.schema import Cause, Knowledge

_HEAD: Final = """\
# Codes, platforms, causes

Made by `make codes` from the files in `knowledge/`; a test holds the two against each other. The number behind
a cause is how common it is behind that code, 1 (rare) to 5. `J`, `A`, `I`, `R`: JavaScript, Android, iOS, React Native
raise the code; `S`: only the service names it, in the account's debugger. A code in italics is not the Voice SDK's.
"""
_LETTERS: Final = {"javascript": "J", "android": "A", "ios": "I", "react-native": "R"}


def codes_table(knowledge: Knowledge) -> str:
    """The whole page."""
    errors = sorted(knowledge.errors.values(), key=lambda code: code.code)
    rows = [_row(error_code, knowledge) for error_code in errors]
    causes = sorted(knowledge.causes.values(), key=lambda cause: cause.id)
    return "\n".join(
        [
            _HEAD,
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


def _row(error: ErrorCode, knowledge: Knowledge) -> str:
    causes = [cause for cause in knowledge.causes.values() if error.code in cause.weight]
    causes.sort(key=lambda item: (-item.weight[error.code], item.id))
    visible = ", ".join(f"{cause.id} {cause.weight[error.code]:g}" for cause in causes)
    code = f"*{error.code}*" if error.elsewhere else error.code
    return f"| {code} | {_cell(error.name)} | {_letters(error)} | {visible or 'none known'} |"


def _letters(error: ErrorCode) -> str:
    if error.elsewhere:
        return "-"
    if not error.platforms:
        return "S"
    return " ".join(letter for platform, letter in _LETTERS.items() if platform in error.platforms)


def _cause(cause: Cause) -> str:
    questions = list(dict.fromkeys(_questions(cause)))
    return f"| {cause.id} | {_cell(cause.title)} | {', '.join(cause.platforms) or 'all'} | {', '.join(questions)} |"


def _questions(cause: Cause) -> Iterator[str]:
    for condition in cause.when:
        yield from condition


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
