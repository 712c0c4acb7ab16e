"""Which proxy leads out of this host's network, by what its operator has set."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it


def proxy_from(environment: Mapping[str, str], url: str) -> str:
    """The proxy that *environment* names for *url*: LINEMAN_RELAY_PROXY, or HTTPS_PROXY unless NO_PROXY says not to."""
    own = environment.get("LINEMAN_RELAY_PROXY", "")
    if own:
        return "" if own == "none" else own
    named = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    spared = {"no": environment.get("no_proxy") or environment.get("NO_PROXY") or ""}
    host = urlsplit(url).hostname or ""
    return "" if not named or proxy_bypass_environment(host, spared) else named
