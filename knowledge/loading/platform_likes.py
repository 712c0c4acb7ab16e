"""A platform that is `like` another one counts wherever the files name that other one.

So a new SDK on top of a known one is a single file. Pure, but for `read_likes`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from knowledge.model.problems import Document

Likes: TypeAlias = Mapping[str, str]  # platform: the one that it is like

PLATFORMS: Final = Path(__file__).parents[1] / "platforms"


def platform_files(folder: Path = PLATFORMS) -> dict[str, bytes]:
    """The files of the platforms in *folder*, by platform."""
    return {file.stem: file.read_bytes() for file in sorted(folder.glob("*.yaml"))}


def read_likes(files: Mapping[str, bytes]) -> dict[str, str]:
    """Which platforms of *files* are like which; raises KnowledgeError for what is no YAML."""
    from knowledge.loading.yaml_lines import parse_yaml  # brings the parser, which what is kept does without

    documents = (parse_yaml(source, f"knowledge/platforms/{name}.yaml") for name, source in files.items())
    return likes_of(documents)


def likes_of(platforms: Iterable[Document]) -> dict[str, str]:
    """Which of *platforms* are like which."""
    values = [document.value for document in platforms if isinstance(document.value, dict)]
    return {value["id"]: value["like"] for value in values if "id" in value and "like" in value}


def add_likes(document: Document, likes: Likes) -> Document:
    """*document* of an error code, a question or a cause, with each platform of *likes* beside its model."""
    value = widen_platforms(document.value, likes)
    means = value.get("means")
    if isinstance(means, dict):
        more = {new: means[old] for new, old in likes.items() if old in means and new not in means}
        value = {**value, "means": {**means, **more}}
    return Document(document.file, value, document.lines)


def widen_platforms(value: Mapping[str, Any], likes: Likes) -> dict[str, Any]:
    """*value* with each platform of *likes* in its `platforms`, if the one that it is like is there."""
    named = value.get("platforms")
    if not named:
        return dict(value)
    more = [new for new, old in likes.items() if old in named and new not in named]
    return {**value, "platforms": [*named, *more]}
