"""Judge certificates in output of tools: who issued them.

Pure.
"""

import re
from typing import Final

# Products that open TLS traffic. They sign with an authority that carries their name.
_OWNERS: Final = re.compile(
    r"Zscaler|Fortinet|FortiGate|Palo Alto|Sophos|Netskope|Cisco Umbrella|Blue ?Coat|Symantec Web|McAfee"
    r"|Trellix|Skyhigh|Kaspersky|Avast"
    r"|AVG Web|\bESET\b|Bitdefender|Check ?Point|WatchGuard|Fireware|Barracuda|Forcepoint|Websense|iboss"
    r"|Cloudflare Gateway|\bSquid\b"
    r"|Untangle|SonicWall|Menlo Security|Lightspeed|Smoothwall|Securly|GoGuardian|ContentKeeper|DO_NOT_TRUST"
    r"|mitmproxy|Charles Proxy"
    r"|PortSwigger|\bForward ?Trust|SSL[- ]Inspection|TLS[- ]Inspection|Web ?Filter|Proxy CA|Decrypt",
    re.IGNORECASE,
)
_ISSUED: Final = re.compile(
    r"(?:^|[^\w])(?:issuer|i)\s?[:=]\s*([^\n]{3,300})|^depth=[1-9] ([^\n]{3,300})",
    re.IGNORECASE | re.MULTILINE,
)


def interceptor_in(text: str) -> str:
    """Return the name of a product that opens TLS traffic and issued a certificate in *text*, or ""."""
    for match in _ISSUED.finditer(text):
        if owner := _OWNERS.search(match[1] or match[2]):
            return owner[0]
    return ""
