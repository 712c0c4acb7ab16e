"""A customer behind a firewall with NAT, and the service beyond it: three network namespaces. Needs root.

`python -m tests.check_page.network serve` runs inside the service's namespace, `... visit URL` inside the customer's.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.check_page.chromium import chromium
from tests.check_page.site import Site

# The page; roaming, dublin, and Insights; the TURN server; where it relays.
PAGE, ROAMING, DUBLIN, TURN, RELAYED = (f"198.51.100.{last}" for last in (10, 11, 12, 13, 14))
CUSTOMER, WAN = "192.168.90.20", "198.51.100.140"
SECRETS: Final = {"username": "alice", "credential": "opensesame-7531"}
PLACES: Final = ("host", "fw", "svc")
LINKS: Final = """
link add h0 netns cp_host type veth peer name l0 netns cp_fw
link add w0 netns cp_fw type veth peer name s0 netns cp_svc
"""
SETUP: Final = {
    "host": f"addr add {CUSTOMER}/24 dev h0\nlink set h0 up\nroute add default via 192.168.90.1",
    "fw": f"addr add 192.168.90.1/24 dev l0\naddr add {WAN}/24 dev w0\nlink set l0 up\nlink set w0 up",
    "svc": "\n".join(f"addr add {at}/24 dev s0" for at in (PAGE, ROAMING, DUBLIN, TURN, RELAYED))
    + "\nlink set s0 up",
}
NAT: Final = """
table ip nat {
 chain outgoing {
  type nat hook postrouting priority 100
  oifname "w0" masquerade
 }
}
table ip filter {
 chain forwarded {
  type filter hook forward priority 0
  %s
 }
}
"""


def _inside(place: str, *words: str) -> list[str]:
    return ["ip", "netns", "exec", f"cp_{place}", *words]


def _run(*words: str, text: str | None = None) -> None:
    subprocess.run(words, input=text, text=True, check=True, capture_output=True)


class Network:
    """The namespaces while they are there."""

    url = ""

    def fault(self, rules: str) -> None:
        """Let the firewall apply *rules* of nftables from now on, with no connection left from before."""
        _run(*_inside("fw", "nft", "flush", "ruleset"))
        _run(*_inside("fw", "nft", "-f", "-"), text=NAT % rules)

    def visit(self) -> dict[str, Any]:
        """What the page sends when the customer opens and starts it."""
        words = _inside("host", sys.executable, "-m", "tests.check_page.network", "visit", self.url)
        done = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result


@contextmanager
def network() -> Iterator[Network]:
    """Make the namespaces, a TURN server, and the site; remove all of it afterward."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        for place in PLACES:
            _run("ip", "netns", "add", f"cp_{place}")
            stack.callback(_run, "ip", "netns", "del", f"cp_{place}")
            _run(*_inside(place, "ip", "link", "set", "lo", "up"))
            _run(*_inside(place, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"))
        for line in LINKS.strip().splitlines():
            _run("ip", *line.split())
        for place, script in SETUP.items():
            _run(*_inside(place, "ip", "-batch", "-"), text=script)
        _run(*_inside("fw", "sysctl", "-qw", "net.ipv4.ip_forward=1"))
        turn = [
            "turnserver",
            "-n",
            "--no-tls",
            "--no-dtls",
            "--no-cli",
            "-L",
            TURN,
            "-E",
            RELAYED,
            "-p",
            "3478",
        ]
        turn += [
            "--min-port=10000",
            "--max-port=60000",
            "--lt-cred-mech",
            "-r",
            "turn.example",
            "--log-file=stdout",
        ]
        turn += ["-u", ":".join(SECRETS.values()), f"--pidfile={folder}/pid", f"--userdb={folder}/db"]
        _start(stack, _inside("svc", *turn), subprocess.DEVNULL)
        made = Network()
        site = _start(
            stack, _inside("svc", sys.executable, "-m", "tests.check_page.network", "serve"), subprocess.PIPE
        )
        assert site.stdout
        made.url = site.stdout.readline().strip()
        yield made


def _start(stack: ExitStack, words: Sequence[str], output: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(words, stdout=output, text=True)
    stack.enter_context(process)  # waits, and closes the pipe
    stack.callback(process.terminate)
    return process


async def serve() -> None:
    """Serve the page until terminated."""
    ways = [
        {"host": TURN, "port": 3478, "transport": way, "url": f"turn:{TURN}:3478?transport={way}"}
        for way in ("udp", "tcp")
    ]
    stun = [{"host": TURN, "port": 3478, "url": f"stun:{TURN}:3478"}]
    site = Site(turn=ways, stun=stun, ice=SECRETS, hosts=(PAGE, ROAMING, DUBLIN), allocations=6)
    async with site.run():
        print(site.url, flush=True)
        await asyncio.Event().wait()


async def visit(url: str) -> None:
    """Open and start the page as it is, without any flag for ICE, and print what it sends."""
    with tempfile.TemporaryDirectory() as folder:
        async with chromium(Path(folder)) as tab:
            await tab.open(url)
            # The page has no other way to its result than the request that sends it.
            await tab.evaluate(
                "{const f = fetch; window.fetch = (at, more) => {"
                "if (String(at).endsWith('/result')) window.sent = more.body; return f(at, more); }; 0}"
            )
            await tab.start()
            await tab.wait_until("window.sent", 60)
            print(await tab.evaluate("window.sent"))


if __name__ == "__main__":
    asyncio.run(serve() if sys.argv[1] == "serve" else visit(sys.argv[2]))
