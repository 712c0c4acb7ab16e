"""Find out whether this machine is in the user's network: by option, by environment, or by asking once.

The answer to the question is stored in the settings file. Without a terminal nobody is asked, and it is unknown.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot.errors import unknown_word
from bot.settings import SettingsReader, user_folder
from probes.protocol.model import LOCAL_VANTAGES, REFERENCE, UNKNOWN_VANTAGE, USER_NETWORK

VARIABLE: Final = "LINEMAN_VANTAGE"
HELP: Final = "where this machine is: user-network, reference (elsewhere), or unknown"
_ASK: Final = (
    "Is this machine in the network of the user who has the problem?\n"
    "  y  yes, in the same network\n"
    "  n  no, it is elsewhere\n"
    "  Enter if you don't know, or if it changes\n"
    "This is asked once. To answer for one run, add --vantage user-network, reference, or unknown.\n"
)
_ANSWERS: Final[Mapping[str, str]] = {"y": USER_NETWORK, "yes": USER_NETWORK, "n": REFERENCE, "no": REFERENCE}


def find_vantage(
    option: str | None,
    environment: Mapping[str, str],
    *,
    asks: bool,
    ask: Callable[[str], str] | None = None,
    put_back: Callable[[str], None] | None = None,
) -> str:
    """Return the vantage of this machine; `UsageError` for an invalid one. *asks*: a person can answer.

    A session gives *ask*, which reads a line or a paste, and *put_back*, which takes what is no answer.
    """
    if option is not None:
        if option not in LOCAL_VANTAGES:
            raise unknown_word("a vantage", option, LOCAL_VANTAGES)
        return option
    reader = SettingsReader(environment)
    given = reader.choice(VARIABLE, LOCAL_VANTAGES, "")
    reader.check()
    if given:
        return given
    return _stored_or_asked(settings_file(environment), ask, put_back) if asks else UNKNOWN_VANTAGE


def settings_file(environment: Mapping[str, str]) -> Path:
    """Return the path of the settings file, in the user's configuration folder."""
    return user_folder(environment, "XDG_CONFIG_HOME", ".config") / "settings.json"


def _stored_or_asked(
    file: Path, ask: Callable[[str], str] | None, put_back: Callable[[str], None] | None
) -> str:
    settings = _load(file)
    stored = settings.get("vantage")
    if stored in LOCAL_VANTAGES:
        return str(stored)
    sys.stdout.write(_ASK)
    try:
        text = ask("> ") if ask else input("> ").strip()
    except EOFError:
        return UNKNOWN_VANTAGE
    if put_back and text and text.casefold() not in _ANSWERS:
        put_back(text)
        return UNKNOWN_VANTAGE
    vantage = _ANSWERS.get(text.casefold(), UNKNOWN_VANTAGE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**settings, "vantage": vantage}, indent=2) + "\n", "utf-8")
    except OSError as error:
        sys.stderr.write(f"lineman: Could not save the answer: {error.strerror or error}.\n")
    return vantage


def _load(file: Path) -> dict[str, object]:
    """Read the settings file; without a usable one, there are no settings."""
    try:
        settings = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
