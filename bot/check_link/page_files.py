"""The built files of the page, and the HTML of one request."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from bot.errors import UsageError

BUILT: Final = Path(__file__).parent / "built"
INDEX: Final = "index.html"
TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
}
# In a script element, these would end it or be read as something else.
_IN_SCRIPT: Final = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page."""

    content: bytes
    type: str


@dataclass(frozen=True, slots=True)
class PageFiles:
    """The files of the page in memory."""

    index: str
    assets: Mapping[str, PageFile]

    @classmethod
    def load(cls, folder: Path = BUILT) -> "PageFiles":
        """Read the built files; `UsageError` if they are missing."""
        try:
            index = (folder / INDEX).read_text(encoding="utf-8")
        except OSError:
            raise UsageError(
                "The check page is not built. Install Lineman from a release, or run make check-page in a checkout."
            ) from None
        found = {
            path.name: PageFile(path.read_bytes(), TYPES[path.suffix])
            for path in sorted(folder.iterdir())
            if path.suffix in TYPES
        }
        return cls(index, found)

    def page(self, config: Mapping[str, Any], assets: str, nonce: str) -> str:
        """Return the HTML with *config* in it, for the scripts and styles with this *nonce*."""
        text = json.dumps(config, ensure_ascii=True).translate(_IN_SCRIPT)
        filled = self.index.replace("{{nonce}}", nonce).replace("{{assets}}", escape(assets))
        return filled.replace("{{config}}", text)


def new_nonce() -> str:
    """Return a new nonce for one response."""
    return secrets.token_urlsafe(18)


def security_headers(origins: Iterable[str], nonce: str) -> dict[str, str]:
    """Return the headers of a page that loads nothing from elsewhere, and connects only to *origins*."""
    policy = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}'",
        f"style-src 'nonce-{nonce}'",
        "img-src data:",
        " ".join(("connect-src 'self'", *origins)),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {"Content-Security-Policy": "; ".join(policy), **PLAIN_HEADERS}


PLAIN_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
