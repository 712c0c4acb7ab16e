"""What an error code means on a platform, and which codes it is confused with.

Pure.
"""

from dataclasses import dataclass

from knowledge.model.platforms import ALL, Reference
from knowledge.model.schema import Knowledge


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of one code, in the words of its file."""

    code: str
    name: str
    texts: tuple[str, ...]  # what applies everywhere, then what applies on the platform asked about
    notes: tuple[str, ...] = ()  # where it is not raised, and how reliable the sources are
    elsewhere: str = ""  # whose code it is, if not the Voice SDK's
    confused_with: tuple[tuple[str, str, str], ...] = ()  # code, its name if known, the difference
    related: tuple[tuple[str, str], ...] = ()  # code, its name if known
    references: tuple[Reference, ...] = ()


def meaning_of(knowledge: Knowledge, code: str, platform: str | None = None) -> Meaning | None:
    """The meaning of *code*, on *platform* if given; None for a code without a file."""
    error = knowledge.errors.get(code)
    if error is None:
        return None
    own = {key: text for key, text in error.means.items() if key != ALL}
    chosen = [own[platform]] if platform in own else []
    if platform is None:
        chosen = [f"{_title(knowledge, key)}: {text.strip()}" for key, text in own.items()]
    return Meaning(
        code=code,
        name=error.name,
        texts=tuple(text.strip() for text in (error.means.get(ALL, ""), *chosen) if text),
        notes=tuple(_notes(knowledge, code, platform)),
        elsewhere=error.elsewhere.strip(),
        confused_with=tuple(
            (item, _name(knowledge, item), text) for item, text in error.confused_with.items()
        ),
        related=tuple(
            (item, _name(knowledge, item)) for item in error.related if item not in error.confused_with
        ),
        references=error.references,
    )


def _notes(knowledge: Knowledge, code: str, platform: str | None) -> list[str]:
    error = knowledge.errors[code]
    notes = []
    if platform and error.platforms and platform not in error.platforms:
        others = ", ".join(_title(knowledge, item) for item in error.platforms)
        notes.append(f"{_title(knowledge, platform)} does not raise this code. {others} raises it.")
    if error.confidence == "partly":
        notes.append(
            "The meaning comes from the sources. Some of the possible causes are our own conclusions."
        )
    if error.confidence == "unverified":
        notes.append("No source was found for it.")
    return notes


def _title(knowledge: Knowledge, platform: str) -> str:
    return knowledge.platforms[platform].title if platform in knowledge.platforms else platform


def _name(knowledge: Knowledge, code: str) -> str:
    return knowledge.errors[code].name if code in knowledge.errors else ""
