"""Write an allow-list for Meraki MX: the fields of its outbound layer 3 rules, one block for each rule.

Pure: no network, no clock. The fields take names, addresses, and ranges, separated by commas.
"""

from typing import Final

from bot.allowlist.model import AllowList, Entry

_HEAD: Final = (
    (
        "Dashboard: Security & SD-WAN > Configure > Firewall > Outbound rules. Add one rule for each block below, "
        "above the rules that deny."
    ),
    "Names work only if the MX sees the DNS queries of the clients in plain text, not DNS over HTTPS.",
    "The dashboard API replaces all rules of a network at once, so send the existing rules with these.",
)
_LONGEST: Final = 127  # characters of a rule's description


def meraki(allowlist: AllowList) -> str:
    """Write one rule for all destinations with the same ports, with the fields in the order of the dashboard."""
    lines = [f"# {line}" for line in (*allowlist.head(), *_HEAD)]
    for number, entries in enumerate(allowlist.by_port, 1):
        lines += ["", f"Rule {number}", *(f"  {name + ':':<13} {value}" for name, value in _fields(entries))]
    return "\n".join([*lines, ""])


def _fields(entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
    first = entries[0]
    places = dict.fromkeys(place for entry in entries for place in entry.objects)
    about = dict.fromkeys(entry.service for entry in entries)
    return [
        ("Policy", "Allow"),
        ("Description", f"Calls: {', '.join(about)}"[:_LONGEST]),
        ("Protocol", first.transport.upper()),
        ("Source", "Any"),
        ("Src port", "Any"),
        ("Destination", ",".join(places)),
        ("Dst port", first.port()),
    ]
