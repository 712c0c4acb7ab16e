"""Write the samples: `make sdk-samples`, as root, in a network namespace of its own.

Each fault runs in each browser for some seconds. What the console shows goes to tests/bot/intake/readers/consoles/,
without tokens and paths. What each sample must be read as is in `expected.yaml` there.
"""

import asyncio
import base64
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from tests.certificates import make_authority, make_server
from tests.sdk_samples import gateway
from tests.sdk_samples.browsers import Options, run_chromium, run_firefox
from tests.slack.tools import BUILD, ROOT, install, lock

ROOM: Final = "sdk_samples"
SDK: Final = BUILD / ROOM / "node_modules/@twilio/voice-sdk/dist/twilio.js"
PAGE: Final = Path(__file__).with_name("page.html")
SAMPLES: Final = ROOT / "tests/bot/intake/readers/consoles"
INSIDE: Final = "LINEMAN_SDK_SAMPLES"  # set in the namespace
HOSTS: Final = ("voice-js.roaming.twilio.com", "eventgw.twilio.com", "eventgw.us1.twilio.com")
PORT: Final = 7880
ASSETS: Final = "sdk.twilio.com"  # sounds; healthy under every fault of signaling
NETWORK: Final = (  # a browser without an interface reports that it is offline
    "ip link set lo up",
    "ip link add outside type veth peer name far",
    "ip link set far up",
    "ip address add 192.0.2.2/24 dev outside",
    "ip link set outside up",
    "ip route add default via 192.0.2.1",
)
PROXY: Final = "127.0.0.8:3128"
ENDS: Final = 40  # first and last lines of a sample; a retry loop writes thousands
LONGEST: Final = 600  # characters of a line

Browser = Callable[[Path, Options, str, str], Awaitable[list[str]]]
BROWSERS: Final[dict[str, Browser]] = {"chromium": run_chromium, "firefox": run_firefox}


PLAIN: Final = Options()


@dataclass(frozen=True)
class Fault:
    """What fails, and for how many seconds the page is left open."""

    behavior: gateway.Behavior | None = None  # None: nothing listens
    tls: bool = True
    resolves: bool = True
    dropped: bool = False
    options: Options = PLAIN
    call: bool = False
    seconds: float = 6.0


FAULTS: Final = {
    "healthy": Fault(gateway.serve),
    "name-not-found": Fault(resolves=False),
    "refused": Fault(),
    "dropped": Fault(dropped=True, seconds=14.0),
    "untrusted-certificate": Fault(gateway.serve, options=Options(trusts_all=False)),
    "reset": Fault(gateway.reset, tls=False),
    "upgrade-403": Fault(gateway.forbid),
    "closed-after-101": Fault(gateway.close_after_101),
    "silent-after-101": Fault(gateway.silent_after_101, seconds=20.0),
    "token-invalid": Fault(gateway.refuse(20101, "Invalid access token")),
    "token-expired": Fault(gateway.refuse(20104, "Access token expired")),
    "hangup": Fault(gateway.refuse(31005, "Error sent from gateway in HANGUP")),
    "proxy-dead": Fault(options=Options(proxy="127.0.0.8:3129")),
    "proxy-login": Fault(options=Options(proxy=PROXY)),
    "microphone-denied": Fault(gateway.serve, call=True, options=Options(microphone=False)),
    "media-blocked": Fault(gateway.serve, call=True, seconds=60.0),
}


def main(words: list[str]) -> int:
    if words == ["lock"]:
        lock(ROOM)
        return 0
    if INSIDE not in os.environ:
        install(ROOM)
        inside = [sys.executable, "-m", "tests.sdk_samples", *words]
        return subprocess.run(
            ["unshare", "--net", "--mount", *inside], env=os.environ | {INSIDE: "1"}
        ).returncode
    for command in NETWORK:
        subprocess.run(command.split(), check=True)
    asyncio.run(write_samples(words or list(FAULTS)))
    return 0


async def write_samples(names: list[str]) -> None:
    """Write a file for each fault and browser."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            await _serve_page(stack)
            await _serve_proxy(stack)
            stack.callback((await gateway.start(gateway.serve, _identity(), gateway.ASSETS)).close)
            stack.enter_context(_own_names(Path(folder)))
            for name in names:
                for browser, run in BROWSERS.items():
                    place = Path(folder) / f"{name}-{browser}"
                    place.mkdir()
                    lines = await _run(FAULTS[name], run, place)
                    target = SAMPLES / browser / f"{name}.log"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text("".join(f"{line}\n" for line in clean(lines)))
                    print(f"{target.relative_to(ROOT)}: {len(lines)} lines", flush=True)


async def _run(fault: Fault, run: Browser, folder: Path) -> list[str]:
    _resolve(HOSTS if fault.resolves else ())
    _filter(dropped=fault.dropped)
    tls = _identity() if fault.tls else None
    async with AsyncExitStack() as stack:
        if fault.behavior:
            server = await gateway.start(fault.behavior, tls)
            stack.callback(server.close)
        script = f"run({json.dumps(_token())}, {json.dumps(fault.call)}, {fault.seconds})"
        return await run(folder, fault.options, f"http://localhost:{PORT}/page.html", script)


def _resolve(hosts: Iterable[str]) -> None:
    known = "".join(f"{gateway.ADDRESS} {host}\n" for host in hosts)
    Path("/etc/hosts").write_text(f"127.0.0.1 localhost\n{gateway.ASSETS} {ASSETS}\n{known}")


@contextmanager
def _own_names(folder: Path) -> Iterator[None]:
    """Give this mount namespace its own /etc/hosts; no resolver answers there."""
    for target, text in (("/etc/hosts", ""), ("/etc/resolv.conf", "nameserver 127.0.0.1\n")):
        source = folder / Path(target).name
        source.write_text(text)
        subprocess.run(["mount", "--bind", str(source), target], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "/etc/hosts", "/etc/resolv.conf"], check=True)


def _filter(*, dropped: bool) -> None:
    """Drop everything to the gateway, or nothing."""
    rules = "table inet samples {}\ndelete table inet samples\n"
    if dropped:
        chain = f"type filter hook output priority 0\nip daddr {gateway.ADDRESS} drop\n"
        rules += f"table inet samples {{\nchain out {{\n{chain}}}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def _identity() -> ssl.SSLContext:
    identity = make_server(make_authority("Example Web Gateway"), *HOSTS, ASSETS)
    return identity.context()


def _token() -> str:
    """An access token in form only: nothing in it is anybody's."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    sid = "0" * 32
    grants = {"identity": "agent", "voice": {"outgoing": {"application_sid": f"AP{sid}"}}}
    body = {"jti": f"SK{sid}-1", "iss": f"SK{sid}", "sub": f"AC{sid}", "exp": 4_000_000_000, "grants": grants}
    return ".".join(
        (part({"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"}), part(body), "c2lnbmF0dXJl")
    )


async def _serve_page(stack: AsyncExitStack) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(SDK if request.path == "/twilio.js" else PAGE)

    app = web.Application()
    app.router.add_get("/page.html", page)
    app.router.add_get("/twilio.js", page)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", PORT).start()


async def _serve_proxy(stack: AsyncExitStack) -> None:
    """A proxy that asks for a login."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        realm = b"Proxy-Authenticate: Negotiate\r\n"
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n" + realm + b"Content-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    host, _, port = PROXY.partition(":")
    server = await asyncio.start_server(answer, host, int(port))
    stack.callback(server.close)


def clean(lines: list[str]) -> list[str]:
    """Cut the log, and take out the token and the time of the run."""
    text = [re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "[token]", line) for line in lines]
    text = [re.sub(r"TJS?[0-9a-f-]{32,36}", "TJ" + "0" * 32, line) for line in text]
    parts = [part[:LONGEST].rstrip() for line in text for part in line.splitlines()]
    return parts if len(parts) <= 2 * ENDS else [*parts[:ENDS], *parts[-ENDS:]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
