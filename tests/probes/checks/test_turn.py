"""The turn probe against coturn, and against a scripted server for refusals coturn does not give on demand."""

import asyncio
import logging
import time
from pathlib import Path

import pytest

from probes.checks import turn
from probes.checks.context import ProbeContext, RunContext
from probes.net.resolver import Resolver
from probes.net.stun import (
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    pack_address,
    pack_error,
)
from probes.protocol.failures import Failure
from probes.protocol.model import Plan, Step, Target
from tests.fakes import (
    RefusingTurn,
    full_backlog,
    say,
    silence,
    stun_answer,
    stun_server,
    tcp_server,
    turn_talk,
)
from tests.probes.checks.run_one_probe import see
from tests.turnserver import HOST, SECRETS, Coturn, coturn

TRANSPORTS = ("udp", "tcp", "tls")


def _port(server: Coturn, transport: str) -> int:
    return server.tls_port if transport == "tls" else server.port


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_credentials_get_an_allocation(turn_server: Coturn, transport: str) -> None:
    """Over each transport: allocated, with relayed address, mapped address and the server's software."""
    port = _port(turn_server, transport)
    failure, facts = await see(turn.probe, HOST, port, transport=transport, secrets=SECRETS)
    assert failure is None
    assert (facts["reached"], facts["challenged"], facts["allocated"]) == (True, True, True)
    assert 10000 <= int(facts["relayed"].split(":")[1]) <= 60000
    assert facts["mapped"].startswith("127.0.0.1:")
    assert facts["software"].startswith("Coturn")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_challenge_is_an_answer(turn_server: Coturn, transport: str) -> None:
    """Without credentials the server's 401 shows that it is reached, and is no failure."""
    failure, facts = await see(turn.probe, HOST, _port(turn_server, transport), transport=transport)
    assert failure is None
    assert (facts["reached"], facts["challenged"], facts["allocated"]) == (True, True, False)


@pytest.mark.parametrize("params", [{}, {"offered": True}, {"offered": False}])
async def test_what_is_offered_is_noted(turn_server: Coturn, params: dict[str, bool]) -> None:
    """Whether the known ICE servers offer the transport is a fact, if the step says it."""
    _, facts = await see(turn.probe, HOST, turn_server.port, transport="udp", **params)
    assert {key: value for key, value in facts.items() if key == "offered"} == params


@pytest.mark.parametrize("wrong", [{"credential": "wrong"}, {"username": "mallory"}])
async def test_wrong_credentials_are_unauthorized(turn_server: Coturn, wrong: dict[str, str]) -> None:
    """A server that does not like the signature gives turn_unauthorized."""
    failure, facts = await see(
        turn.probe, HOST, turn_server.port, transport="udp", secrets={**SECRETS, **wrong}
    )
    assert failure is Failure.TURN_UNAUTHORIZED
    assert facts["reached"] is True
    assert facts["error"] == "401 Unauthorized"


async def test_the_allocation_is_given_back(tmp_path: Path) -> None:
    """With a quota of one, the next check gets an allocation once the server has released it, over any transport."""
    with coturn(tmp_path, "--user-quota=1") as server:
        for transport in (*TRANSPORTS, *TRANSPORTS):
            failure: Failure | None = Failure.TURN_QUOTA_REACHED
            async with asyncio.timeout(2):  # an allocation that was left behind lives for a minute
                while failure is Failure.TURN_QUOTA_REACHED:
                    port = _port(server, transport)
                    failure, _ = await see(turn.probe, HOST, port, transport=transport, secrets=SECRETS)
            assert failure is None


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (300, Failure.TURN_SERVER_ERROR),
        (400, Failure.TURN_SERVER_ERROR),
        (401, Failure.TURN_UNAUTHORIZED),
        (403, Failure.TURN_FORBIDDEN),
        (437, Failure.TURN_SERVER_ERROR),
        (438, Failure.TURN_STALE_NONCE),
        (441, Failure.TURN_UNAUTHORIZED),
        (442, Failure.TURN_UNSUPPORTED_TRANSPORT),
        (486, Failure.TURN_QUOTA_REACHED),
        (500, Failure.TURN_SERVER_ERROR),
        (508, Failure.TURN_INSUFFICIENT_CAPACITY),
    ],
)
async def test_each_refusal_has_its_word(code: int, word: Failure) -> None:
    """A server that keeps refusing gives the refusal's own failure, with code and reason as a fact."""
    async with stun_server(RefusingTurn([code])) as port:
        failure, facts = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
    assert failure is word
    assert facts["reached"] is True
    assert facts["allocated"] is False
    assert facts["error"].startswith(str(code))


@pytest.mark.parametrize("codes", [[438, 0], [438, 438, 0], [437, 0], [437, 437, 0]])
async def test_what_passes_is_tried_again(codes: list[int]) -> None:
    """A nonce that ran out and a port that was still taken cost another try, and no failure."""
    server = RefusingTurn(codes)
    async with stun_server(server) as port:
        failure, facts = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
    assert failure is None
    assert facts["relayed"] == "192.0.2.9:40000"
    assert server.asked[-1].method == StunMethod.REFRESH
    assert server.asked[-1].get(StunAttribute.LIFETIME) == bytes(4)


async def test_an_alternate_server_is_told() -> None:
    """300 with ALTERNATE-SERVER names where the server wants us."""

    def elsewhere(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        there = pack_address(
            StunAttribute.ALTERNATE_SERVER, TransportAddress("192.0.2.44", 3478), request.transaction
        )
        return [stun_answer(request, StunClass.ERROR, pack_error(300, "Try Alternate"), there)]

    async with stun_server(elsewhere) as port:
        failure, facts = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
    assert failure is Failure.TURN_SERVER_ERROR
    assert facts["error"] == "300 Try Alternate (192.0.2.44:3478)"


async def test_transport_words_when_nobody_is_there() -> None:
    """A closed port is refused or unreachable, silence times out, and reached stays false."""
    budget = 4.0  # the check gives up by itself after 2.3 s, and a busy machine keeps it waiting
    async with tcp_server(silence) as open_port:
        failure, facts = await see(turn.probe, HOST, open_port, budget=budget)
        assert failure is Failure.GENERIC_TIMEOUT_ERROR
        assert facts["reached"] is False
        failure, _ = await see(turn.probe, HOST, open_port, transport="tls", budget=budget)
        assert failure is Failure.GENERIC_TIMEOUT_ERROR
    for transport, word in [
        ("tcp", Failure.CONNECTION_REFUSED),
        ("tls", Failure.CONNECTION_REFUSED),
        ("udp", Failure.PORT_UNREACHABLE),
    ]:
        failure, facts = await see(turn.probe, HOST, open_port, transport=transport)
        assert failure is word
        assert facts["reached"] is False


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_connections_that_do_not_open_are_not_waited_for_as_for_an_allocation(transport: str) -> None:
    """On a line with round trips of 0.25 s, TLS may take five of them, but a SYN that is dropped is known sooner."""
    async with full_backlog() as port, tcp_server(silence) as control:
        step = Step("look", "turn", Target("turn", HOST, port, transport), 2.5)
        context = ProbeContext(RunContext.of(Plan((step,), 2.5), Resolver(servers=())))
        context.shared.controls.learn("tcp", HOST, control, 0.25)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            await turn.probe(step, context)
        await context.shared.controls.close()
    assert time.monotonic() - start < 2.2
    assert context.facts["attempts"] >= 12


@pytest.mark.parametrize(
    ("then", "transport", "word"),
    [
        ("close", "tcp", Failure.EOF_ERROR),
        ("reset", "tcp", Failure.CONNECTION_RESET),
        ("close", "tls", Failure.CONNECTION_RESET),
        ("reset", "tls", Failure.CONNECTION_RESET),
    ],
)
async def test_a_connection_cut_off(then: str, transport: str, word: Failure) -> None:
    """A FIN or RST instead of an answer is no crash, and says what it was where asyncio lets us see it."""
    async with tcp_server(say(then=then)) as port:
        failure, _ = await see(turn.probe, HOST, port, transport=transport, secrets=SECRETS)
    assert failure is word


async def test_something_else_on_the_port() -> None:
    """HTTP on the port is a malformed response over TCP, and a failed handshake over TLS."""
    page = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
    async with tcp_server(say(page, then="wait")) as port:
        failure, facts = await see(turn.probe, HOST, port, secrets=SECRETS)
        assert failure is Failure.STUN_MALFORMED_RESPONSE
        assert facts["reached"] is False
        failure, _ = await see(turn.probe, HOST, port, transport="tls", secrets=SECRETS)
        assert failure is Failure.SSL_FAILED_HANDSHAKE


async def test_a_signature_that_is_not_the_servers_is_no_answer() -> None:
    """A success signed with another key is passed over, as anybody can send one."""
    server = RefusingTurn([0])

    def forged(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        packets = server(request, peer)
        if request.get(StunAttribute.USERNAME) is None:
            return packets
        return [stun_answer(request, StunClass.SUCCESS, (StunAttribute.MESSAGE_INTEGRITY, bytes(20)))]

    async with stun_server(forged) as port:
        failure, facts = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS, budget=0.2)
    assert failure is Failure.INCONCLUSIVE  # it went on waiting until its time was over
    assert facts["allocated"] is False


async def test_frames_may_come_in_pieces() -> None:
    """A stream that delivers its messages byte by byte, ChannelData among them, is read all the same."""
    server = RefusingTurn([0])

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def whole(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
            stream = b"\x40\x00\x00\x03abc\x00" + b"".join(server(request, peer))
            return [stream[at : at + 1] for at in range(len(stream))]

        await turn_talk(whole)(reader, writer)

    async with tcp_server(talk) as port:
        failure, facts = await see(turn.probe, HOST, port, secrets=SECRETS)
    assert failure is None
    assert facts["relayed"] == "192.0.2.9:40000"


async def test_credentials_are_nowhere_to_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """A server that repeats our name and password in its reason does not get them into facts or logs."""
    caplog.set_level(logging.DEBUG)
    secret = SECRETS["credential"]

    def gossip(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        challenge = ((StunAttribute.REALM, b"turn.example"), (StunAttribute.NONCE, b"n"))
        signed = request.get(StunAttribute.USERNAME) is not None
        error = pack_error(500, f"not you, {SECRETS['username']} {secret}") if signed else pack_error(401)
        return [stun_answer(request, StunClass.ERROR, error, *challenge)]

    async with stun_server(gossip) as port:
        failure, facts = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
    assert failure is Failure.TURN_SERVER_ERROR
    assert facts["error"] == "500"
    for text in (str(facts), caplog.text):
        assert secret not in text
        assert SECRETS["username"] not in text
