"""Where the optional language model is, as the environment says. Quick to import: every question asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from bot.errors import UsageError

URL: Final = "LINEMAN_LLM_URL"


KEY: Final = "LINEMAN_LLM_KEY"


MODEL: Final = "LINEMAN_LLM_MODEL"


BUDGET: Final = 15.0  # seconds; somebody waits, and has an answer already


class RewordingError(Exception):
    """The model gave nothing that can be used; the message says why, without secrets and without its words."""


@dataclass(frozen=True, slots=True)
class LlmEndpoint:
    """Where the model is."""

    url: str
    key: str = field(default="", repr=False)
    model: str = ""
    budget: float = BUDGET  # seconds

    @property
    def chat(self) -> str:
        """The address to post to."""
        return f"{self.url.rstrip('/').removesuffix('/chat/completions')}/chat/completions"


def read_endpoint(environment: Mapping[str, str]) -> LlmEndpoint | None:
    """The endpoint that *environment* names, None where it names none; `UsageError` says what is wrong with it."""
    url, key, model = (environment.get(name, "").strip() for name in (URL, KEY, MODEL))
    if not url:
        return None
    example = f"{URL} must be an address such as https://llm.example/v1."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UsageError(example) from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise UsageError(example)
    if parts.username or parts.password:
        raise UsageError(f"{URL} must not hold a password; put the key into {KEY}.")
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(f"{KEY} must be one word of plain letters.")
    if key and parts.scheme == "http" and not _is_here(host):
        raise UsageError(
            f"{URL} must begin with https:// where {KEY} is set: the key would travel in the clear."
        )
    return LlmEndpoint(url, key, model)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
