"""The tls check against TLS servers of every kind, and against servers of other protocols, on loopback."""

import asyncio
import ssl
from datetime import UTC, datetime
from functools import partial

import pytest

from probes.checks import tls
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target
from tests.certificates import Identity, make_authority, make_server
from tests.fakes import Talk, drip, reset, say, silence, tcp_server
from tests.probes.checks.run_one_probe import see

HOST = "voice.roaming.example"
ROOT = make_authority("Lineman Test Root")
SERVER = make_server(make_authority("Lineman Test Intermediate", ROOT), HOST)
look = partial(see, tls.probe, HOST, addresses=["127.0.0.1"], roots=(ROOT.pem,))


async def test_a_genuine_session_and_its_facts() -> None:
    """A chain to a root of the network is a success, and the session is described."""
    async with tcp_server(silence, SERVER.context()) as port:
        failure, facts = await look(port)
    assert failure is None
    assert (facts["authority"], facts["stage"], facts["version"]) == ("network", "done", "TLSv1.3")
    assert facts["issuer"] == "CN=Lineman Test Intermediate"
    assert facts["names"] == [HOST]
    assert facts["tcp_ms"] > 0
    assert facts["tls_ms"] > 0
    assert "skew_s" not in facts


@pytest.mark.parametrize(
    ("identity", "word", "authority"),
    [
        (make_server(make_authority("Box"), HOST), Failure.SSL_UNKNOWN_AUTHORITY, "unknown"),
        (make_server(None, HOST), Failure.SSL_UNKNOWN_AUTHORITY, "unknown"),
        (make_server(ROOT, "portal.example"), Failure.SSL_INVALID_HOSTNAME, "network"),
        (make_server(ROOT, HOST, end=-1), Failure.SSL_EXPIRED_CERTIFICATE, "network"),
        (make_server(ROOT, HOST, start=1), Failure.SSL_NOT_YET_VALID_CERTIFICATE, "network"),
    ],
    ids=["stranger", "self-signed", "wrong-name", "expired", "not-yet"],
)
async def test_a_finished_session_is_judged(identity: Identity, word: Failure, authority: str) -> None:
    """After a complete handshake, each mistake in a certificate has its own failure."""
    async with tcp_server(silence, identity.context()) as port:
        failure, facts = await look(port)
    assert failure is word
    assert (facts["authority"], facts["stage"]) == (authority, "done")


async def test_the_skew_is_told_in_seconds() -> None:
    """A certificate that has ended is off by the seconds since then, below zero."""
    async with tcp_server(silence, make_server(ROOT, HOST, end=-1).context()) as port:
        _, facts = await look(port)
    since_end = datetime.fromisoformat(facts["not_after"]) - datetime.now(UTC)
    assert facts["skew_s"] == pytest.approx(since_end.total_seconds(), abs=30)
    assert facts["skew_s"] <= -86400


def _retry(hello: bytes) -> bytes:
    """A HelloRetryRequest for another group (RFC 8446 section 4.1.4), which makes the client send again."""
    session = hello[43 : 44 + hello[43]]
    magic = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
    extensions = bytes.fromhex("002b00020304003300020018")  # TLS 1.3, secp384r1
    body = b"\x03\x03" + magic + session + b"\x13\x01\x00" + len(extensions).to_bytes(2, "big") + extensions
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


@pytest.mark.parametrize(
    ("talk", "word", "stage"),
    [
        (silence, Failure.GENERIC_TIMEOUT_ERROR, "hello"),
        (say(then="close"), Failure.EOF_ERROR, "hello"),
        (say(then="reset"), Failure.CONNECTION_RESET, "hello"),
        (say(b"\x16\x03\x03\x00", then="close"), Failure.EOF_ERROR, "mid"),
        (say(b"\x16\x03\x03\x00", then="wait"), Failure.GENERIC_TIMEOUT_ERROR, "mid"),
        (say(b"HTTP/1.1 302 Found\r\n\r\n"), Failure.SSL_NOT_TLS, "mid"),
        (say(b"SSH-2.0-OpenSSH\r\n", first=0), Failure.SSL_NOT_TLS, "mid"),
        (say(b"\x16\x03\x03\x00\x04junk", then="wait"), Failure.SSL_FAILED_HANDSHAKE, "mid"),
    ],
    ids=["silence", "eof", "reset", "half-eof", "half-silence", "http", "ssh", "junk"],
)
async def test_a_broken_handshake_is_told_with_its_stage(talk: Talk, word: Failure, stage: str) -> None:
    """Silence, FIN, RST, another protocol and junk are five things, before and after the first answer."""
    async with tcp_server(talk) as port:
        failure, facts = await look(port, budget=3.0)
    assert failure is word
    assert facts["stage"] == stage
    assert (facts["received"] > 0) is (stage == "mid")


async def test_a_reset_in_the_middle_is_a_reset() -> None:
    """A RST after the server's first bytes has another failure than a FIN."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(65536)
        writer.write(_retry(hello))
        # The next hello shows that the probe has taken what we sent: a RST would overtake it.
        await reader.read(65536)
        reset(writer)

    async with tcp_server(talk) as port:
        failure, facts = await look(port)
    assert failure is Failure.CONNECTION_RESET
    assert facts["stage"] == "mid"


@pytest.mark.parametrize(
    ("alert", "name"),
    [(b"\x02\x28", "handshake_failure"), (b"\x02\x70", "unrecognized_name"), (b"\x02\xee", "238")],
)
async def test_an_alert_is_called_by_its_name(alert: bytes, name: str) -> None:
    """A server that breaks off in due form says why."""
    async with tcp_server(say(b"\x15\x03\x03\x00\x02" + alert)) as port:
        failure, facts = await look(port)
    assert failure is Failure.SSL_FAILED_HANDSHAKE
    assert facts["alert"] == name


async def test_an_alert_in_the_middle_has_its_name_too() -> None:
    """A server that breaks off after its first message says why as well."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_retry(await reader.read(65536)))
        await reader.read(65536)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x28")
        await reader.read(65536)

    async with tcp_server(talk) as port:
        failure, facts = await look(port)
    assert failure is Failure.SSL_FAILED_HANDSHAKE
    assert facts["alert"] == "handshake_failure"


async def test_an_endless_handshake_is_cut_off() -> None:
    """A server that never stops sending costs no more than the budget and bounded memory."""
    async with tcp_server(drip(b"\x16\x03\x03\x40\x00" + bytes(16384))) as port:
        failure, facts = await look(port, budget=1.0)
    assert failure is Failure.SSL_FAILED_HANDSHAKE
    assert facts["received"] < 1_000_000


async def test_a_closed_port_is_refused_at_stage_connect() -> None:
    """If TCP fails, there are no facts about TLS."""
    async with tcp_server(silence) as port:
        pass
    failure, facts = await look(port)
    assert failure is Failure.CONNECTION_REFUSED
    assert facts["stage"] == "connect"
    assert "received" not in facts


async def test_the_address_that_tcp_found_open_is_taken() -> None:
    """The session goes to the address the tcp step before it found open."""
    async with tcp_server(silence, SERVER.context()) as port:
        target = Target("signaling", HOST, port)
        before = Observation("tcp", "tcp", target, None, {"address": "127.0.0.1"})
        failure, facts = await see(tls.probe, HOST, port, roots=(ROOT.pem,), earlier={"tcp": before})
    assert failure is None
    assert facts["address"] == "127.0.0.1"


async def test_an_old_protocol_version_is_described() -> None:
    """A TLS 1.2 server is genuine as well."""
    context = SERVER.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with tcp_server(silence, context) as port:
        failure, facts = await look(port)
    assert failure is None
    assert facts["version"] == "TLSv1.2"
    assert facts["cipher"].startswith("ECDHE-ECDSA")


@pytest.mark.parametrize("drops", [b"roaming", b""], ids=["our name", "every name"])
async def test_another_server_name_shows_what_is_dropped(drops: bytes) -> None:
    """Where only our server name gets no answer, the facts say so; where none does, nothing is said about names."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if drops in await reader.read(2000):
            await asyncio.Event().wait()
        writer.write(b"\x15\x03\x03\x00\x02\x02\x28")

    async with tcp_server(talk) as port:
        failure, facts = await look(port, budget=1.4)
    assert failure is Failure.INCONCLUSIVE
    assert facts["stage"] == "hello"
    if drops:
        assert facts["other_name"] == tls.OTHER_NAME
        assert facts["hello_sent"] >= 2
    else:
        assert "other_name" not in facts
