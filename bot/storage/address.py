"""Read where the database is: a file (SQLite), or an address of a PostgreSQL server.

Imports little, because every diagnosis needs the paths of the files next to the database.
"""

import re
from dataclasses import field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from bot.errors import UsageError
from probes.protocol.frozen import frozen

_SCHEMES: Final = ("postgresql", "postgres")  # both are libpq's
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST: Final = r"(?:[\w.%-]*|\[[\w:.%]+\])(?::\d{1,5})?"
_HOSTS: Final = re.compile(rf"{_HOST}(?:,{_HOST})*")  # libpq tries several in turn

MUST_BE: Final = (
    "a file for SQLite, or an address such as postgresql://lineman@db.example/lineman for PostgreSQL, "
    "in which a password has %40 for @, %2F for /, and %25 for %"
)


@frozen
class PostgresAddress:
    """A database on a PostgreSQL server. Its text and its `repr` have no password."""

    url: str = field(repr=False)
    label: str

    def __str__(self) -> str:
        return self.label

    def without_secrets(self, text: str) -> str:
        """Remove every secret of the address from *text*, such as an error message of the driver."""
        for secret in _secrets(self.url):
            text = text.replace(secret, "***")
        return text


DatabaseAddress: TypeAlias = Path | PostgresAddress


def parse_database(text: str) -> DatabaseAddress:
    """Read the path of a file or the address of a PostgreSQL database; `ValueError` for any other address."""
    if not _URL.match(text):
        return Path(text)
    parts = urlsplit(text)
    user, at, hosts = parts.netloc.rpartition("@")
    path = parts.path.removeprefix("/")
    if parts.scheme.lower() not in _SCHEMES or parts.fragment or "@" in user or not _HOSTS.fullmatch(hosts):
        raise ValueError
    if "@" in path or "/" in path or _BROKEN_ESCAPE.search(text) or " " in text or not text.isprintable():
        raise ValueError  # most likely a password with characters that must be escaped
    if any("=" not in option or "@" in option for option in parts.query.split("&") if option):
        raise ValueError
    name = user.partition(":")[0]
    return PostgresAddress(text, f"postgresql://{name}{at}{hosts}/{path}")


def read_database(text: str) -> DatabaseAddress:
    """Read what somebody typed; `UsageError` for the address of another database."""
    try:
        return parse_database(text)
    except ValueError:
        raise UsageError(f"A database must be {MUST_BE}.") from None


def _secrets(url: str) -> set[str]:
    """List the password and the values of options, as written and decoded."""
    parts = urlsplit(url)
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    options = (option.partition("=") for option in parts.query.split("&"))
    raw = {password, *(value for name, _, value in options if "password" in name.lower())}
    return {form for secret in raw if secret for form in (secret, unquote(secret))}
