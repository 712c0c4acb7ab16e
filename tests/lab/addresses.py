"""The lab's map: who lives where, which names lead there, how far each edge is. Pure."""

from dataclasses import dataclass
from typing import Final

ZONE: Final = "lab.test"
CUSTOMER: Final = ("relay", "lan", "fw")  # what every customer has of their own
NAMESPACES: Final = (*CUSTOMER, "r1", "r2", "svc")

# The customer's side: a LAN behind a firewall that masquerades onto one WAN address (or two, as a pool).
LAN: Final = "10.77.1.0/24"
GATEWAY: Final = "10.77.1.1"
RELAY: Final = "10.77.1.2"
NEAR: Final = "10.77.1.53"  # LAN services: the near resolver and squid
# The same LAN in IPv6: the firewall, the relay, a resolver, and one with DNS64.
GATEWAY6, RELAY6, NEAR6, DNS64 = "fd77:1::1", "fd77:1::2", "fd77:1::53", "fd77:1::64"
NAT64_PREFIX: Final = (
    "fd77:64::/96"  # tayga translates no addresses for documentation under the well-known one
)
WAN_GATEWAY: Final = "192.0.2.1"
WAN: Final = "192.0.2.2"
WAN_POOL: Final = "192.0.2.3"  # the second egress address, used by the NAT pool only
SITES: Final = 16  # customers that may be added; their LANs all look alike, as LANs do

# The service's side. Everything is routed to one host, so that unused addresses stay silent.
SIGNALING_NET: Final = "203.0.113.0/24"
EDGES_NET: Final = "203.0.113.128/25"  # only these pass the delaying device
MEDIA_NET: Final = "198.51.100.0/24"
TURN: Final = "203.0.113.10"
TURN_OTHER: Final = "203.0.113.11"  # the second address that RFC 5780 needs
TURN_STRICT: Final = "203.0.113.12"  # a TURN server that forbids every peer
RELAYED: Final = "198.51.100.10"  # where both TURN servers put relayed addresses
REGISTRATION: Final = "203.0.113.20"
INSIGHTS: Final = "203.0.113.21"
KNOWN_PAGES: Final = ("203.0.113.30", "203.0.113.31")
CHECK_PAGE: Final = "203.0.113.40"  # the page of check links, behind a reverse proxy
AUTHORITATIVE: Final = "203.0.113.53"
FAR: Final = "203.0.113.54"  # a public resolver far away that sends no client subnet

TURN_USER: Final = "lab-caller"  # not part of any name: secrets are removed from what relays report
TURN_PASSWORD: Final = "lab-secret"
REALM: Final = f"turn.{ZONE}"
PROXY_PLAIN: Final = f"http://{NEAR}:3128"
PROXY_AUTH: Final = f"http://{NEAR}:3129"
# Squid's other ports: what each accepts for a login, and one without a login that refuses the service's hosts.
PROXY_PORTS: Final = {"negotiate": 3131, "ntlm": 3132, "refusing": 3133}
PROXY_WITH_PASSWORD: Final = f"http://{TURN_USER}:{TURN_PASSWORD}@{NEAR}:3129"
LEGACY_PORT: Final = 10194
MEDIA_PORTS: Final = (10000, 60000)


@dataclass(frozen=True, slots=True)
class Edge:
    """One place where clients enter: its addresses by kind of client, and the extra round trip to it."""

    name: str
    region: str
    place: str
    javascript: str
    mobile: str
    delay_ms: float

    @property
    def javascript_name(self) -> str:
        return f"voice-js.{self.name}.{ZONE}"

    @property
    def mobile_name(self) -> str:
        return f"chunderm.{self.region}.gll.{ZONE}"


EDGES: Final = (
    Edge("ashburn", "us1", "Virginia, United States", "203.0.113.129", "203.0.113.145", 20.0),
    Edge("frankfurt", "de1", "Germany", "203.0.113.130", "203.0.113.146", 2.0),
    Edge("sydney", "au1", "Australia", "203.0.113.131", "203.0.113.147", 120.0),
)
EDGE: Final = {edge.name: edge for edge in EDGES}
BEHIND_NGINX: Final = "frankfurt"  # its javascript gateway has nginx in front

OFFICE: Final = f"office.{ZONE}"  # a search domain, whose name wpad leads to a proxy script
ROAMING_JAVASCRIPT: Final = f"voice-js.roaming.{ZONE}"
ROAMING_MOBILE: Final = f"chunderm.gll.{ZONE}"
REGISTRATION_NAME: Final = f"ers.{ZONE}"
INSIGHTS_NAME: Final = f"eventgw.{ZONE}"
STUN_NAME: Final = f"global.stun.{ZONE}"
TURN_NAME: Final = f"global.turn.{ZONE}"
KNOWN_PAGE_NAMES: Final = (f"connectivity.{ZONE}", f"connecttest.{ZONE}")
CHECK_PAGE_NAME: Final = f"check.{ZONE}"
KNOWN_TEXT: Final = "Lab Connect Test"
CLIENT_SUBNET_NAME: Final = f"edns-client-sub.{ZONE}"  # TXT: was a client subnet sent?
WHOAMI_NAME: Final = f"whoami.{ZONE}"  # TXT: the address of the resolver that asks

FIXED_NAMES: Final = {
    **{edge.javascript_name: edge.javascript for edge in EDGES},
    **{edge.mobile_name: edge.mobile for edge in EDGES},
    REGISTRATION_NAME: REGISTRATION,
    INSIGHTS_NAME: INSIGHTS,
    STUN_NAME: TURN,
    TURN_NAME: TURN,
    **{f"{edge.name}.turn.{ZONE}": TURN for edge in EDGES},
    f"frankfurt.turn.{ZONE}": TURN_OTHER,  # a second STUN server, at another address than the first
    **dict(zip(KNOWN_PAGE_NAMES, KNOWN_PAGES, strict=True)),
    CHECK_PAGE_NAME: CHECK_PAGE,
    "ipv4only.arpa": "192.0.0.170",  # RFC 7050
    f"wpad.{OFFICE}": NEAR,
}
ROAMING_NAMES: Final = {
    ROAMING_JAVASCRIPT: {edge.name: edge.javascript for edge in EDGES},
    ROAMING_MOBILE: {edge.name: edge.mobile for edge in EDGES},
}
# Which edge the service thinks nearest, by client subnet or by the resolver's address; the first that holds.
NEAREST: Final = {LAN: "frankfurt", "192.0.2.0/24": "frankfurt", f"{FAR}/32": "sydney", MEDIA_NET: "ashburn"}
NEAREST_ELSE: Final = "ashburn"

JAVASCRIPT: Final = tuple(edge.javascript for edge in EDGES)
MOBILE: Final = tuple(edge.mobile for edge in EDGES)
TURN_ADDRESSES: Final = (TURN, TURN_OTHER, TURN_STRICT)

# Ports of stand-ins. A fault redirects traffic to one of them; nobody reaches them otherwise.
WRONG_NAME, EXPIRED, NOT_YET_VALID, DATE_SHIFTED = 20001, 20002, 20003, 20004  # in svc
SERVER_ERROR, UNAVAILABLE = 20005, 20006  # in svc
INTERCEPT, STRIP, REFUSE, UPGRADE_CUT = 4431, 4432, 4433, 4434  # in fw
CUT_RESET, CUT_CLOSE, CUT_SILENT, PORTAL = 4435, 4436, 4437, 4438  # in fw
# What happens to a WebSocket after its upgrade: when, then how. Ports for stand-ins in fw, and in svc.
_MOMENTS, _ENDS = ("open", "frame", "text"), ("close", "reset", "silent", "policy")
ENDINGS: Final = tuple(f"{moment}-{end}" for moment in _MOMENTS for end in _ENDS)
ENDED_ON_PATH: Final = {name: 4440 + number for number, name in enumerate(ENDINGS)}
# What a captive portal answers: over plain HTTP, and a redirect behind a certificate of its own.
PORTALS: Final = {"redirect": 4460, "511": 4461, "content": 4462, "blocked": 4463}
PORTAL_TLS: Final = 4464
MANNERS: Final = (*ENDINGS, "slow", "hangs", "late", "no-pong", "busy", "stranger")
GATEWAYS: Final = {name: 20010 + number for number, name in enumerate(MANNERS)}
RCODE_PORTS: Final = {
    "servfail": 5302,
    "nxdomain": 5303,
    "refused": 5305,
    "bogon": 5300,
    "alike": 5301,
    "portal": 5306,
}  # in lan
DATE_SHIFT: Final = 3600  # seconds that the stand-in's Date header is ahead


def site_wan(number: int) -> tuple[str, str]:
    """The addresses of site *number* (from 0) on its /30 of the WAN: the router's, and the firewall's."""
    first = 128 + 4 * range(SITES)[number]
    return f"192.0.2.{first + 1}", f"192.0.2.{first + 2}"


def addresses_of(selector: str) -> tuple[str, ...]:
    """The addresses for one name in a fault; `signaling` is both kinds of client, an edge likewise."""
    services = {
        "javascript": JAVASCRIPT,
        "mobile": MOBILE,
        "signaling": JAVASCRIPT + MOBILE,
        "registration": (REGISTRATION,),
        "insights": (INSIGHTS,),
        "known-pages": KNOWN_PAGES,
        "turn": TURN_ADDRESSES,
        "media": (MEDIA_NET,),
        "any": ("0.0.0.0/0",),
    }
    if selector in services:
        return services[selector]
    if selector in EDGE:
        return (EDGE[selector].javascript, EDGE[selector].mobile)
    raise ValueError(f"no such place in the lab: {selector} (have: {', '.join([*services, *EDGE])})")
