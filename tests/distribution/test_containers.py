"""The Containerfiles name files and commands that exist, no registry, and a user without privileges."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from bot.cli import hub, serve

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "packaging").glob("*/Containerfile"))
SERVICES = {"bot": serve.make_parser(), "hub": hub.make_parser()}


def instructions(file: Path) -> list[tuple[str, str]]:
    """The instructions of *file*: the word in capitals, and the rest."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE))
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(word, rest) for word, rest in pairs]


def of(file: Path, wanted: str) -> list[str]:
    return [rest for word, rest in instructions(file) if word == wanted]


def test_every_service_has_one() -> None:
    """The bot, the hub, and the relay each have a Containerfile."""
    assert [file.parent.name for file in FILES] == ["bot", "hub", "relay"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_base(file: Path) -> None:
    """The base is an argument whose default names no registry."""
    assert {rest.split()[0] for rest in of(file, "FROM")} == {"${BASE}"}
    (base,) = [rest for rest in of(file, "ARG") if rest.startswith("BASE=")]
    assert "/" not in base


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_user(file: Path) -> None:
    """The process has a user of its own, who owns the one folder that it writes to."""
    assert len(of(file, "USER")) == 1
    (user,) = of(file, "USER")
    (folder,) = of(file, "VOLUME")
    assert user.startswith("lineman")
    made = " ".join(of(file, "RUN"))
    assert re.search(rf"useradd --system .*--home-dir {folder} --create-home {user}\b", made)
    words = [word for word, _ in instructions(file)]
    assert words.index("USER") > max(at for at, word in enumerate(words) if word in ("RUN", "FROM"))
    assert "--read-only" in file.read_text()
    assert "--cap-drop all" in file.read_text()
    variable = "LINEMAN_RELAY_HOME" if "relay" in user else "LINEMAN_HOME"
    assert f"{variable}={folder}" in " ".join(of(file, "ENV"))


@pytest.mark.parametrize("file", FILES[:2], ids=lambda file: file.parent.name)
def test_sources(file: Path) -> None:
    """What is copied from the checkout is there, and is all that its build needs."""
    copied = [name for rest in of(file, "COPY") if "--from" not in rest for name in rest.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {
        project["project"]["readme"],
        *project["project"]["license-files"],
        "bot",
        "knowledge",
        "probes",
    }
    assert needed <= set(copied)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_command(file: Path) -> None:
    """The command is one that the package installs, and its parser accepts its words."""
    (entry,) = (json.loads(rest) for rest in of(file, "ENTRYPOINT"))
    service = file.parent.name
    project = ROOT / ("packaging/relay/pyproject.toml" if service == "relay" else "pyproject.toml")
    assert Path(entry[0]).name in tomllib.loads(project.read_text())["project"]["scripts"]
    if service in SERVICES:
        (words,) = (json.loads(rest) for rest in of(file, "CMD"))
        assert words[0] == {"bot": "serve", "hub": "hub"}[service]
        SERVICES[service].read(words[1:])
