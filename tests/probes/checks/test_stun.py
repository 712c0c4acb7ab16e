"""The stun probe against coturn and scripted servers."""

from probes.checks import stun
from probes.net.stun import StunAttribute, StunClass, StunMessage
from probes.protocol.failures import Failure
from tests.fakes import stun_answer, stun_mapped, stun_server
from tests.probes.checks.run_one_probe import see
from tests.turnserver import HOST, Coturn


async def test_a_real_server_tells_our_address(turn_server: Coturn) -> None:
    """Without a NAT the reflexive address is the local one, on a port below 10000."""
    failure, facts = await see(stun.probe, HOST, turn_server.port, transport="udp")
    assert failure is None
    assert facts["reflexive"] == facts["local"]
    assert 1500 <= int(facts["local"].split(":")[1]) < 9500
    assert facts["sent"] == 1
    assert 0 < facts["ms"] < 1000


async def test_a_closed_port_is_unreachable() -> None:
    """An ICMP error takes precedence over a timeout, and ends the check before the last resend."""
    async with stun_server(lambda request, peer: []) as port:
        pass
    failure, facts = await see(stun.probe, HOST, port, budget=0.7)
    assert failure is Failure.PORT_UNREACHABLE
    assert facts["icmp_from"] == HOST
    assert "reflexive" not in facts


async def test_silence_is_a_timeout() -> None:
    """A server that never answers is generic_timeout_error."""
    async with stun_server(lambda request, peer: []) as port:
        failure, facts = await see(stun.probe, HOST, port, budget=2.5)
    assert failure is Failure.GENERIC_TIMEOUT_ERROR
    assert facts["local"].startswith("127.0.0.1:")


async def test_lost_requests_are_sent_again() -> None:
    """A server that receives only the third request, the first from a second port, is reached."""
    seen: list[bytes] = []

    def third(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        seen.append(request.transaction)
        return [stun_mapped(request, peer)] if len(seen) == 3 else []

    async with stun_server(third) as port:
        failure, facts = await see(stun.probe, HOST, port)
    assert failure is None
    assert facts["sent"] == 1
    assert facts["ms"] < 100
    assert len(set(seen)) == 3


async def test_junk_and_strangers_are_ignored() -> None:
    """Garbage, an answer to another question and an indication do not hide the answer that follows."""

    def answers(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        stranger = StunMessage(request.method, StunClass.SUCCESS, bytes(12))
        return [b"junk", b"", stun_mapped(stranger, ("203.0.113.9", 1)), stun_mapped(request, peer)]

    async with stun_server(answers) as port:
        failure, facts = await see(stun.probe, HOST, port)
    assert failure is None
    assert facts["reflexive"] == facts["local"]


async def test_an_answer_without_an_address_is_malformed() -> None:
    """A success that does not say where it saw us is stun_malformed_response, and so is an error answer."""
    for kind in (StunClass.SUCCESS, StunClass.ERROR):
        async with stun_server(lambda request, peer, kind=kind: [stun_answer(request, kind)]) as port:  # type: ignore[misc]  # bound per turn
            failure, _ = await see(stun.probe, HOST, port)
        assert failure is Failure.STUN_MALFORMED_RESPONSE


async def test_nothing_but_junk_is_malformed_and_not_silence() -> None:
    """A server that answers with something other than STUN is not reported as a timeout."""
    async with stun_server(lambda request, peer: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as port:
        failure, _ = await see(stun.probe, HOST, port, budget=0.7)
    assert failure is Failure.STUN_MALFORMED_RESPONSE


async def test_an_old_server_is_understood() -> None:
    """MAPPED-ADDRESS of RFC 3489 is used if there is no XOR-MAPPED-ADDRESS."""

    def old(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        value = b"\0\1" + (4321).to_bytes(2, "big") + bytes([203, 0, 113, 7])
        return [stun_answer(request, StunClass.SUCCESS, (StunAttribute.MAPPED_ADDRESS, value))]

    async with stun_server(old) as port:
        failure, facts = await see(stun.probe, HOST, port)
    assert failure is None
    assert facts["reflexive"] == "203.0.113.7:4321"
