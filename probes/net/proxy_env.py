"""Which proxy leads out of this host's network, by what its operator has set."""

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


def proxy_from(environment: Mapping[str, str], url: str) -> str:
    """The proxy that *environment* names for *url*: LINEMAN_RELAY_PROXY, or HTTPS_PROXY unless NO_PROXY says not to."""
    own = environment.get("LINEMAN_RELAY_PROXY", "")
    if own:
        return "" if own == "none" else own
    named = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    spared = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return "" if not named or is_spared(urlsplit(url), spared) else named


def is_spared(hub: SplitResult, spared: str) -> bool:
    """Whether the list *spared*, as NO_PROXY holds it, has the *hub*: its name, a domain that it is in, or a star."""
    host = (hub.hostname or "").lower()
    named = (host, f"{host}:{hub.port}")
    names = [item.strip().removeprefix(".") for item in spared.lower().split(",") if item.strip(" .")]
    return any(name == "*" or item == name or item.endswith(f".{name}") for name in names for item in named)
