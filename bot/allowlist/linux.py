"""Write an allow-list for Linux firewalls: nftables and iptables.

Pure: no network, no clock. Both support addresses only, so names must be resolved before.
"""

from bot.allowlist.model import AllowList, Entry


def nft(allowlist: AllowList) -> str:
    """Write rules for `nft -f`, in the chain `forward` of the table `inet filter`, whose policy is drop."""
    rules = [
        f"ip daddr {{ {', '.join(first.ranges)} }} {first.transport} dport {first.port()} accept "
        f'comment "{_about(first, *others)}"'
        for first, *others in allowlist.rules
    ]
    lines = [
        *(f"# {line}" for line in allowlist.head()),
        "table inet filter {",
        "  chain forward {",
        "    type filter hook forward priority filter; policy drop;",
        "    ct state established,related accept",
        *(f"    {rule}" for rule in rules),
        "  }",
        "}",
    ]
    return "\n".join([*lines, ""])


def iptables(allowlist: AllowList) -> str:
    """Write a table for `iptables-restore --noflush`: forwarded traffic passes the chain LINEMAN first."""
    rules = [
        f"-A LINEMAN -p {first.transport} -d {block} -m {first.transport} --dport {first.port(':')} "
        f'-m comment --comment "{_about(first, *others)}" -j ACCEPT'
        for first, *others in allowlist.rules
        for block in first.ranges
    ]
    lines = [
        *(f"# {line}" for line in allowlist.head()),
        "*filter",
        ":LINEMAN - [0:0]",
        "-A FORWARD -j LINEMAN",
        "-A LINEMAN -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        *rules,
        "COMMIT",
    ]
    return "\n".join([*lines, ""])


def _about(*entries: Entry) -> str:
    """Describe a rule's purpose for a comment; nftables keeps 128 characters."""
    text = " and ".join(f"{entry.service} {entry.host}".strip() for entry in entries)
    return "".join(letter for letter in text if letter.isalnum() or letter in " .-_")[:120]
