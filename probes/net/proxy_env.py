"""Choose the HTTP proxy for a URL from environment variables."""

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


def proxy_from(environment: Mapping[str, str], url: str) -> str:
    """The proxy for *url* in *environment*: LINEMAN_RELAY_PROXY, or HTTPS_PROXY unless NO_PROXY excludes the host."""
    own = environment.get("LINEMAN_RELAY_PROXY", "")
    if own:
        return "" if own == "none" else own
    named = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    spared = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return "" if not named or is_spared(urlsplit(url), spared) else named


def is_spared(hub: SplitResult, spared: str) -> bool:
    """Whether *spared*, a NO_PROXY list, has the *hub*: by its name, a parent domain, or "*"."""
    host = (hub.hostname or "").lower()
    named = (host, f"{host}:{hub.port}")
    names = [item.strip().removeprefix(".") for item in spared.lower().split(",") if item.strip(" .")]
    return any(name == "*" or item == name or item.endswith(f".{name}") for name in names for item in named)
