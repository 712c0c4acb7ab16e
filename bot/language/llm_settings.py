"""Read the settings of the optional language model. Quick to import, because every question needs them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from bot.settings import SettingsReader

URL: Final = "LINEMAN_LLM_URL"
KEY: Final = "LINEMAN_LLM_KEY"
MODEL: Final = "LINEMAN_LLM_MODEL"

BUDGET: Final = 15.0  # seconds; the user waits, but has the plain answer already


class RewordingError(Exception):
    """The model returned nothing usable. The message says why, without secrets and without the model's text."""


@dataclass(frozen=True, slots=True)
class LlmEndpoint:
    """The address and settings of the model."""

    url: str
    key: str = field(default="", repr=False)
    model: str = ""
    budget: float = BUDGET  # seconds

    @property
    def chat(self) -> str:
        """Return the URL to post to."""
        return f"{self.url.rstrip('/').removesuffix('/chat/completions')}/chat/completions"


def read_endpoint(environment: Mapping[str, str]) -> LlmEndpoint | None:
    """Return the endpoint that *environment* sets, or None without one; `UsageError` if it is invalid."""
    get = SettingsReader(environment)
    if not get.text(URL):
        return None
    url = get.url(URL, example="https://llm.example/v1", secret=KEY)
    key = get.token(KEY)
    if key and url and _is_readable_on_the_way(url):
        get.add_problem(
            f"{URL} must begin with https:// if {KEY} is set. Otherwise, the key would be sent unencrypted."
        )
    get.check()
    return LlmEndpoint(url, key, get.text(MODEL))


def _is_readable_on_the_way(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_here(parts.hostname or "")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
