"""An allow-list for Linux firewalls: nftables and iptables.

Pure: no network, no clock. Both know addresses only, so names must have been looked up.
"""

from bot.allowlist import AllowList, Entry


def nft(one: AllowList) -> str:
    """Write rules that `nft -f` adds to the chain `forward` of the table `inet filter`, whose policy is drop."""
    rules = [
        f"ip daddr {{ {', '.join(entry.ranges)} }} {entry.transport} dport {entry.port()} accept "
        f'comment "{_about(entry)}"'
        for entry in one.entries
        if entry.ranges
    ]
    lines = [
        *(f"# {line}" for line in one.head()),
        "table inet filter {",
        "  chain forward {",
        "    type filter hook forward priority filter; policy drop;",
        "    ct state established,related accept",
        *(f"    {rule}" for rule in rules),
        "  }",
        "}",
    ]
    return "\n".join([*lines, ""])


def iptables(one: AllowList) -> str:
    """Write a table for `iptables-restore --noflush`: what passes through goes by the chain LINEMAN first."""
    rules = [
        f"-A LINEMAN -p {entry.transport} -d {block} -m {entry.transport} --dport {entry.port(':')} "
        f'-m comment --comment "{_about(entry)}" -j ACCEPT'
        for entry in one.entries
        for block in entry.ranges
    ]
    lines = [
        *(f"# {line}" for line in one.head()),
        "*filter",
        ":LINEMAN - [0:0]",
        "-A FORWARD -j LINEMAN",
        "-A LINEMAN -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        *rules,
        "COMMIT",
    ]
    return "\n".join([*lines, ""])


def _about(entry: Entry) -> str:
    """Say what it is for in a comment; 128 characters is what nftables keeps."""
    text = f"{entry.service} {entry.host}".strip()
    return "".join(letter for letter in text if letter.isalnum() or letter in " .-_")[:100]
