"""The same checks as people make them today: one command after the other, each with its own habits of waiting."""

from typing import Final

from tests.lab import addresses as at

_HOSTS: Final = (at.ROAMING_JAVASCRIPT, at.INSIGHTS_NAME)
_EDGES: Final = tuple(edge.javascript_name for edge in at.EDGES)

_UPGRADE: Final = (
    "curl -k -s -i --max-time 1 --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' "
    "-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' "
    f"https://{at.ROAMING_JAVASCRIPT}/signal --output /dev/null"
)

SCRIPT: Final = "\n".join(
    [
        "exec >/dev/null 2>&1",
        *(f"dig {host} A; dig {host} AAAA" for host in (*_HOSTS, *_EDGES, at.STUN_NAME, at.TURN_NAME)),
        f"dig {at.CLIENT_SUBNET_NAME} TXT",
        *(f"echo Q | timeout 5 openssl s_client -connect {h}:443 -servername {h}" for h in _HOSTS),
        *(f"curl -k -s -o /dev/null --connect-timeout 5 -w '%{{time_connect}}' https://{h}/" for h in _EDGES),
        _UPGRADE,
        f"curl -k -s -i --connect-timeout 5 https://{at.INSIGHTS_NAME}/",
        f"timeout 2 turnutils_stunclient {at.TURN}",
        f"timeout 20 turnutils_natdiscovery -m -f {at.TURN}",
        *(
            f"timeout 20 turnutils_uclient -y -n 1 -m 1 -c {ways} -u {at.TURN_USER} -w {at.TURN_PASSWORD} {at.TURN}"
            for ways in ("", "-t", "-t -S -p 443")
        ),
        "true",
    ]
)
