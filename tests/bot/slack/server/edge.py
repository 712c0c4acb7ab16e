"""The app behind signed HTTP in this process, reached by raw bytes, and everything that its process logs."""

import asyncio
import hashlib
import hmac
import io
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.http_server import open_server
from bot.logs import FORMAT
from bot.slack.api.settings import read_slack_settings
from bot.slack.server.app import make_app
from bot.slack.server.http import EVENTS, make_pages
from bot.slack.server.server import open_context
from bot.slack.state.health import Readiness
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import SIGNING_SECRET

HOST: Final = "127.0.0.1"
REFUSED: Final = (400, 401, 413)
FORM: Final = "application/x-www-form-urlencoded"
ANSWER: Final = 20.0  # seconds
Headers = dict[str, str]


@dataclass
class Edge:
    """Where the app listens, and what it logs."""

    slack: FakeSlack
    port: int
    written: io.StringIO

    @property
    def log(self) -> str:
        return self.written.getvalue()

    async def send(self, raw: bytes, patience: float = ANSWER) -> int:
        """Send *raw* over a connection of its own; gives the status, 0 if none came in *patience* seconds."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            async with asyncio.timeout(patience):
                writer.write(raw)
                line = await reader.readline()
                while line.startswith(b"HTTP/1.1 100 "):
                    await reader.readline()
                    line = await reader.readline()
                return int(line.split()[1]) if line else 0
        except (ConnectionError, TimeoutError):
            return 0
        finally:
            writer.close()

    async def health(self) -> float:
        """Seconds until the health check was answered."""
        begun = time.perf_counter()
        assert await self.send(request(b"", "GET", "/healthz")) == 200
        return time.perf_counter() - begun


@asynccontextmanager
async def open_edge(folder: Path) -> AsyncIterator[Edge]:
    """Start the app with one workspace, as `lineman serve` does for signed HTTP."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.getLogger().addHandler(handler)
    try:
        async with FakeSlack().serving() as slack:
            given = {**slack.environment, "LINEMAN_DATABASE": str(folder / "lineman.db")}
            del given["SLACK_APP_TOKEN"]
            settings = read_slack_settings(given)
            async with open_context(settings, given, made_up_desk(MadeUpRelay())) as context:
                await context.workspaces.get("")
                app = make_app(settings, context)
                pages = make_pages(Readiness(context), app, context, settings.signing_secret)
                server = await open_server(pages, HOST, 0, logging.getLogger(__name__))
                try:
                    yield Edge(slack, server.port, written)
                finally:
                    await server.close()
    finally:
        logging.getLogger().removeHandler(handler)


def request(
    body: bytes, method: str = "POST", path: str = EVENTS, headers: Headers | None = None, **more: str
) -> bytes:
    """One HTTP request; *more* are headers with _ for -."""
    named = {"Host": "lineman.example", "Content-Length": str(len(body)), "Content-Type": FORM}
    named |= (headers or {}) | {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def by_slack(body: bytes, kind: str = FORM, **more: str) -> bytes:
    """The same, signed by Slack; *body* counts as its bytes."""
    return request(body, headers=sign(body), Content_Type=kind, **more)


def sign(body: bytes, now: float | None = None, secret: str = SIGNING_SECRET) -> Headers:
    """The signature over the bytes, UTF-8 or not."""
    stamp = str(int(time.time() if now is None else now))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def garbage(secret: str = SIGNING_SECRET) -> dict[str, bytes]:
    """Every kind of request that is not Slack's: name -> raw bytes. *secret* signs what is wrong in another part."""
    typed = b"command=%2Fdiagnose&text=31009"
    good, plausible = sign(typed, secret=secret), sign(typed, secret="another")
    stamp, proof = good
    return {
        "not UTF-8": request(b"\xff"),
        "unknown charset": request(typed, Content_Type=f"{FORM}; charset=bogus"),
        "timestamp of letters": request(typed, headers=good | {stamp: "abc"}),
        "timestamp of other digits": request(typed, headers=good | {stamp: "\u0661" * 10}),
        "timestamp of many digits": request(typed, headers=good | {stamp: "9" * 5000}),
        "negative timestamp": request(typed, headers=good | {stamp: "-1"}),
        "fractional timestamp": request(typed, headers=good | {stamp: "1e9"}),
        "signature not ASCII": request(typed, headers=good | {proof: "v0=\u00e9" + "0" * 63}),
        "signature of raw bytes": request(typed, headers=good | {proof: "v0=\udcff"}),
        "signature of another version": request(typed, headers=good | {proof: good[proof].replace("v0", "v1")}),
        "signature of another secret": request(typed, headers=plausible),
        "signature of another body": request(typed + b"x", headers=good),
        "signature twice": request(typed, headers=good | {proof.lower(): good[proof]}),
        "many brackets": request(b"[" * 100_000, Content_Type="application/json"),
        "many brackets, almost signed": request(b"[" * 100_000, headers=plausible, Content_Type="application/json"),
        "no headers of Slack's": request(typed),
        "no signature": request(typed, headers={stamp: good[stamp]}),
        "no timestamp": request(typed, headers={proof: good[proof]}),
        "empty headers": request(typed, headers={stamp: " ", proof: " "}),
        "old": request(typed, headers=sign(typed, time.time() - 301, secret)),
        "from the future": request(typed, headers=sign(typed, time.time() + 400, secret)),
        "no body": request(b""),
        "huge header": request(typed, X_Filler="x" * 100_000),
        "many headers": request(typed, headers={f"X-{number}": "x" for number in range(1000)}),
        "huge body, announced": request(b"", headers=plausible, Content_Length=str(10**9)),
        "huge body, sent": request(b"x" * (5 * 2**20), headers=plausible),
        "huge body, in chunks": request(
            b"".join(b"10000\r\n" + b"x" * 0x10000 + b"\r\n" for _ in range(80)) + b"0\r\n\r\n",
            headers=plausible, Content_Length="", Transfer_Encoding="chunked",
        ),
        "chunk of a bad size": request(b"zz\r\n", headers=plausible, Content_Length="", Transfer_Encoding="chunked"),
        "chunks without an end": request(
            b"1\r\nx\r\n", headers=plausible, Content_Length="", Transfer_Encoding="chunked"
        ),
        "length of letters": request(typed, Content_Length="many"),
        "negative length": request(typed, Content_Length="-1"),
        "length and chunks": request(b"0\r\n\r\n", Transfer_Encoding="chunked"),
        "compressed": request(b"\x1f\x8b\x00", headers=plausible, Content_Encoding="gzip"),
        "unknown compression": request(typed, headers=plausible, Content_Encoding="bogus"),
        "multipart": request(typed, Content_Type="multipart/form-data"),
        "multipart, almost signed": request(typed, headers=plausible, Content_Type="multipart/form-data; boundary="),
        "broken content type": request(typed, headers=plausible, Content_Type=";;;=\udcff"),
        "GET": request(b"", "GET"),
        "PUT": request(typed, "PUT"),
        "DELETE": request(typed, "DELETE", headers=plausible),
        "PATCH": request(typed, "PATCH"),
        "OPTIONS": request(b"", "OPTIONS"),
        "made-up method": request(typed, "BREW"),
        "unknown expectation": request(typed, Expect="coffee"),
        "expectation": request(typed, Expect="100-continue"),
        "query": request(typed, path=EVENTS + "?%ff=%zz&" + "a=b&" * 500),
        "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "unknown version": request(typed).replace(b"HTTP/1.1", b"HTTP/9.9"),
        "bad header line": request(typed).replace(b"Host: ", b"Ho st\x00 "),
        "target of no form": request(typed, path="http://[::1"),
        "target of raw bytes": request(typed, path="/\udcff\udcfe"),
    }  # fmt: skip


def random_garbage(count: int, seed: int = 7) -> Iterator[bytes]:
    """So many requests of all kinds, some with bytes changed; the big ones seldom, and no signature is good."""
    dice = random.Random(seed)
    kinds = list(garbage("another").values())
    small = [raw for raw in kinds if len(raw) < 200_000]
    for number in range(count):
        raw = bytearray(dice.choice(small if number % 50 else kinds))
        for _ in range(dice.choice((0, 0, 1, 3))):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        yield bytes(raw)
