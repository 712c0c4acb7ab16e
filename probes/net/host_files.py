"""Read what this host's files say about names: resolv.conf(5) and hosts(5)."""

from pathlib import Path

from probes.net.addresses import is_address
from probes.net.dns_exchange import Server


def parse_servers(text: str) -> tuple[Server, ...]:
    """The name servers in a resolv.conf(5): at most three; 127.0.0.1 if there is none."""
    words = [line.split() for line in text.splitlines()]
    named = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    valid = [address for address in named if is_address(address)]
    return tuple((address, 53) for address in valid[:3] or ["127.0.0.1"])


def parse_hosts(text: str, name: str) -> tuple[str, ...]:
    """The addresses of *name* in a hosts(5) file, in file order."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(
        line[0] for line in lines if name in (word.lower() for word in line[1:]) and is_address(line[0])
    )


def read_text(path: Path) -> str:
    """The content of the file; "" without one."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
