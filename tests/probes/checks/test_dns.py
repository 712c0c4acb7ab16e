"""The dns probe and the resolver against small name servers on loopback."""

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import dns.edns
import dns.message
import pytest

from probes.checks import BUDGETS
from probes.checks import dns as dns_probe
from probes.net.dns_exchange import CADENCE
from probes.net.host_files import parse_hosts, parse_servers
from probes.net.resolver import _STAGGER, Resolver, is_bogon, look_up
from probes.net.sockets import open_udp
from probes.protocol.failures import Failure
from tests.name_server import answer, name_server, zone
from tests.probes.checks.run_one_probe import see

HOST = "voice.example"
ask_for = partial(see, dns_probe.probe, transport="udp")
GOOD_RECORDS = {f"{HOST} A": [f"{HOST} A 8.8.4.4"], f"{HOST} AAAA": [f"{HOST} AAAA 2001:4860::1"]}
GOOD = zone(GOOD_RECORDS)


async def test_addresses_of_both_families_are_found() -> None:
    """Both families are looked up, and the resolver and the rest of its answer are noted."""
    async with name_server(GOOD) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]
    assert facts["addresses6"] == ["2001:4860::1"]
    assert (facts["resolver"], facts["rcode"], facts["ttl"]) == ("127.0.0.1", "NOERROR", 60)


@pytest.mark.parametrize(
    ("rcode", "word"),
    [
        ("NXDOMAIN", Failure.DNS_NXDOMAIN_ERROR),
        ("SERVFAIL", Failure.DNS_SERVFAIL_ERROR),
        ("REFUSED", Failure.DNS_REFUSED_ERROR),
        ("NOTIMP", Failure.DNS_SERVER_MISBEHAVING),
        ("NOERROR", Failure.DNS_NO_ANSWER),
    ],
)
async def test_every_rcode_is_its_own_word(rcode: str, word: Failure) -> None:
    """Each error that a resolver returns has its own failure."""
    async with name_server(lambda query, tcp: [answer(query, rcode=rcode)]) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is word
    assert facts["tries"][0]["failure"] == word


async def test_a_silent_resolver_is_asked_again_and_then_given_up() -> None:
    """A resolver that does not answer gets each query as often as the cadence has it, and is a DNS timeout."""
    heard: list[dns.message.Message] = []
    async with name_server(lambda query, tcp: heard.append(query) or []) as server:
        failure, _ = await ask_for(HOST, 53, servers=[server], cadence=(0.02, 0.02, 0.02))
    assert failure is Failure.DNS_TIMEOUT_ERROR
    assert len(heard) == 6  # three times for v4, three for v6


async def test_a_lost_question_is_made_up_for() -> None:
    """When the first question gets lost, the second finds the answer."""
    lost: set[int] = set()

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        if query.id in lost:
            return GOOD(query, tcp)
        lost.add(query.id)
        return []

    async with name_server(script) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server], cadence=(0.02, 1.0))
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]


async def test_a_closed_port_is_unreachable_at_once() -> None:
    """Where no resolver listens, the ICMP error ends the check at once, not at the end of the cadence."""
    async with name_server(GOOD) as server:
        pass
    async with asyncio.timeout(1):
        failure, _ = await ask_for(HOST, 53, servers=[server], cadence=(5.0,))
    assert failure is Failure.DNS_UNREACHABLE_ERROR


async def test_no_resolver_at_all_is_unreachable() -> None:
    """Without any resolver, names cannot be found out about."""
    failure, _ = await ask_for(HOST, 53, servers=[])
    assert failure is Failure.DNS_UNREACHABLE_ERROR


async def test_the_next_resolver_is_asked_when_one_refuses() -> None:
    """A refusing resolver is passed over, and both outcomes are noted."""
    async with (
        name_server(lambda query, tcp: [answer(query, rcode="REFUSED")]) as refusing,
        name_server(GOOD) as good,
    ):
        failure, facts = await ask_for(HOST, 53, servers=[refusing, good])
    assert failure is None
    assert [entry["failure"] for entry in facts["tries"]] == ["dns_refused_error", None]


async def test_the_next_resolver_is_asked_while_one_hesitates() -> None:
    """A silent resolver does not keep the next one from being asked, and a late failure is not waited for."""
    async with name_server(lambda query, tcp: []) as silent, name_server(GOOD) as good:
        async with asyncio.timeout(2):
            failure, facts = await ask_for(HOST, 53, servers=[silent, good], cadence=(9.0,))
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]


async def test_the_most_telling_word_stands_for_all_resolvers() -> None:
    """When all fail, SERVFAIL says more than silence."""
    async with (
        name_server(lambda query, tcp: []) as silent,
        name_server(lambda query, tcp: [answer(query, rcode="SERVFAIL")]) as broken,
    ):
        failure, facts = await ask_for(HOST, 53, servers=[silent, broken])
    assert failure is Failure.DNS_SERVFAIL_ERROR
    assert len(facts["tries"]) == 2


async def test_answers_to_other_questions_are_passed_over() -> None:
    """Answers with a wrong id or another name are ignored."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        forged = answer(query, f"{HOST} A 6.6.6.6")
        other = dns.message.make_query("other.example", "A")
        other.id = query.id
        return [
            bytes([forged[0] ^ 1]) + forged[1:],
            answer(other, "other.example A 6.6.6.6"),
            query.to_wire(),  # our own question echoed
            *GOOD(query, tcp),
        ]

    async with name_server(script) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]


async def test_a_late_duplicate_does_no_harm() -> None:
    """A second answer that comes later changes nothing."""
    async with name_server(lambda query, tcp: GOOD(query, tcp) * 3) as server:
        resolver = Resolver(servers=[server])
        assert await resolver.addresses(HOST) == (("8.8.4.4",), ("2001:4860::1",))
        assert await resolver.addresses("VOICE.example.") == (("8.8.4.4",), ("2001:4860::1",))


async def test_junk_with_our_id_is_misbehaviour_unless_an_answer_follows() -> None:
    """After junk, the check waits for the real answer; if only junk arrives, the server misbehaves."""
    async with name_server(lambda query, tcp: [query.to_wire()[:2] + b"\x80junk"]) as server:
        failure, _ = await ask_for(HOST, 53, servers=[server])
    assert failure is Failure.DNS_SERVER_MISBEHAVING
    async with name_server(
        lambda query, tcp: [query.to_wire()[:2] + b"\x80junk", *GOOD(query, tcp)]
    ) as server:
        failure, _ = await ask_for(HOST, 53, servers=[server])
    assert failure is None


async def test_a_truncated_answer_is_fetched_by_tcp() -> None:
    """What does not fit into a datagram is asked for again by TCP."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        return GOOD(query, tcp) if tcp else [answer(query, truncated=True)]

    async with name_server(script) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["truncated"] is True
    assert facts["addresses"] == ["8.8.4.4"]


async def test_what_fitted_counts_where_tcp_is_shut() -> None:
    """A truncated answer with an address is taken when its whole cannot be fetched."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        return [] if tcp else [answer(query, f"{HOST} A 8.8.4.4", truncated=True)]

    async with name_server(script) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]
    assert facts["truncated"] is True


async def test_a_resolver_without_a_route_is_unreachable() -> None:
    """A resolver whose address leads nowhere is unreachable, by UDP and by TCP."""
    nowhere = [("fe80::1", 53)]
    by_udp, _ = await ask_for(HOST, 53, servers=nowhere)
    by_tcp, _ = await see(dns_probe.probe, HOST, 53, transport="tcp", resolver="fe80::1")
    assert by_udp is Failure.DNS_UNREACHABLE_ERROR
    assert by_tcp is Failure.DNS_UNREACHABLE_ERROR


async def test_an_answer_to_another_question_by_tcp_is_misbehaviour() -> None:
    """Over TCP nobody else could have answered, so another answer is misbehavior."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        return [answer(dns.message.make_query("other.example", "A"))]

    async with name_server(script) as (address, port):
        failure, _ = await see(dns_probe.probe, HOST, port, transport="tcp", resolver=address)
    assert failure is Failure.DNS_SERVER_MISBEHAVING


async def test_v6_that_is_never_answered_does_not_hold_up_v4() -> None:
    """Where AAAA questions are dropped, the answer for v4 comes all the same, and soon."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        return GOOD(query, tcp) if query.question[0].rdtype == 1 else []

    async with name_server(script) as server, asyncio.timeout(2):
        failure, facts = await ask_for(HOST, 53, servers=[server], cadence=(9.0,))
    assert failure is None
    assert (facts["addresses"], facts["addresses6"]) == (["8.8.4.4"], [])


async def test_without_ipv6_only_a_name_without_v4_is_asked_for_v6() -> None:
    """A host that cannot use IPv6 asks one question per name, and a second one where the answer would be none."""
    asked: list[str] = []
    records = {**GOOD_RECORDS, "six.example AAAA": ["six.example AAAA 2001:4860::1"]}

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        asked.append(dns.rdatatype.to_text(query.question[0].rdtype))
        return zone(records)(query, tcp)

    async with name_server(script) as server:
        resolver = Resolver(servers=[server], ipv6=False)
        assert await resolver.addresses(HOST) == (("8.8.4.4",), ())
        assert asked == ["A"]
        assert await resolver.addresses("six.example") == ((), ("2001:4860::1",))


async def test_v6_alone_is_an_address() -> None:
    """A host that has only v6 addresses is found."""
    records = {f"{HOST} AAAA": [f"{HOST} AAAA 2001:4860::1"]}
    async with name_server(zone(records)) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["addresses6"] == ["2001:4860::1"]


async def test_aliases_are_followed_and_noted() -> None:
    """A chain of aliases leads to the address; its names are facts."""
    chain = [f"{HOST} CNAME edge.example", "edge.example CNAME lb.example", "lb.example A 8.8.4.4"]
    async with name_server(zone({f"{HOST} A": chain})) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["cnames"] == ["edge.example", "lb.example"]
    assert facts["addresses"] == ["8.8.4.4"]


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "10.1.2.3", "192.168.1.1", "100.64.0.1"])
async def test_an_impossible_address_is_a_bogon(address: str) -> None:
    """A name that leads to an address no public service has was tampered with, unless allowed here."""
    async with name_server(zone({f"{HOST} A": [f"{HOST} A {address}"]})) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
        allowed, _ = await ask_for(HOST, 53, servers=[server], private_ok=True)
    assert failure is Failure.DNS_BOGON_ERROR
    assert facts["addresses"] == [address]
    assert allowed is None


async def test_a_good_address_beside_a_bogon_counts() -> None:
    """One possible address is enough; the impossible one is left out and reported."""
    lines = [f"{HOST} A 10.0.0.1", f"{HOST} A 8.8.4.4"]
    async with name_server(zone({f"{HOST} A": lines})) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server])
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]
    assert facts["bogons"] == ["10.0.0.1"]


async def test_a_named_resolver_is_asked_with_the_client_subnet() -> None:
    """The resolver in the params is asked, the subnet sent along and its scope read."""
    seen: list[tuple[str, int]] = []

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        option = next(option for option in query.options if isinstance(option, dns.edns.ECSOption))
        seen.append((option.address, option.srclen))
        scoped = dns.edns.ECSOption(option.address, option.srclen, 20)
        return [answer(query, f"{HOST} A 8.8.4.4", options=[scoped])]

    async with name_server(script) as (address, port):
        failure, facts = await ask_for(HOST, port, resolver=address, subnet="198.51.100.0/24")
    assert failure is None
    assert ("198.51.100.0", 24) in seen
    assert facts["subnet_scope"] == 20


@pytest.mark.parametrize(
    ("text", "sent"), [("\"'ecs':'True' 'ecs_data': {}\"", True), ("\"'ecs':'False' 'ts':'1'\"", False)]
)
async def test_the_check_name_tells_whether_the_subnet_is_sent(text: str, sent: bool) -> None:
    """The TXT answer of the check name says whether the resolver sends the client's subnet."""
    async with name_server(zone({"check.example TXT": [f"check.example TXT {text}"]})) as server:
        failure, facts = await ask_for("check.example", 53, servers=[server], ask="client-subnet")
    assert failure is None
    assert facts["client_subnet_sent"] is sent


@pytest.mark.parametrize(
    ("lines", "word"),
    [(['check.example TXT "hello"'], Failure.DNS_NO_ANSWER), ([], Failure.DNS_NXDOMAIN_ERROR)],
)
async def test_a_check_name_that_says_nothing_is_no_answer(lines: Iterable[str], word: Failure) -> None:
    """If the test name reports nothing about the subnet, no fact is noted."""
    records = {"check.example TXT": list(lines)} if lines else {}
    async with name_server(zone(records)) as server:
        failure, facts = await ask_for("check.example", 53, servers=[server], ask="client-subnet")
    assert failure is word
    assert "client_subnet_sent" not in facts


async def test_the_answering_machine_is_identified() -> None:
    """NSID, id.server and the whoami name say which machine answers and by which address it asks."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        text = {"id.server": "dns-7", "whoami.example": "203.0.113.7"}[name]
        return [answer(query, f"{name} TXT {text}", options=[dns.edns.NSIDOption(b"fra-7")])]

    async with name_server(script) as server:
        failure, facts = await ask_for("whoami.example", 53, servers=[server], ask="identity")
    assert failure is None
    assert facts["identities"] == {"id.server": "dns-7", "whoami": "203.0.113.7", "nsid": "fra-7"}


async def test_an_unidentified_machine_is_no_failure_and_a_silent_one_is() -> None:
    """A refusal is an answer too; silence is not."""
    async with name_server(lambda query, tcp: [answer(query, rcode="REFUSED")]) as server:
        refused, facts = await ask_for("", 53, servers=[server], ask="identity")
    assert refused is None
    assert facts["identities"] == {}
    async with name_server(lambda query, tcp: []) as server:
        silent, _ = await ask_for("", 53, servers=[server], ask="identity")
    assert silent is Failure.DNS_TIMEOUT_ERROR


async def test_dns_over_tcp_when_the_target_says_so() -> None:
    """A target with transport tcp is queried over TCP; a server that closes the connection misbehaves."""

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        return GOOD(query, tcp) if tcp else []

    async with name_server(script) as (address, port):
        failure, facts = await ask_for(HOST, port, transport="tcp", resolver=address)
    assert failure is None
    assert facts["addresses"] == ["8.8.4.4"]
    async with name_server(lambda query, tcp: []) as (address, port):
        cut, _ = await ask_for(HOST, port, transport="tcp", resolver=address)
    assert cut is Failure.DNS_SERVER_MISBEHAVING


async def test_the_hosts_file_goes_first(tmp_path: Path) -> None:
    """A name in /etc/hosts is not asked for; the fact says where it comes from."""
    hosts = tmp_path / "hosts"
    hosts.write_text(
        "8.8.8.8 Voice.Example other # voice.test\n2001:4860::8 voice.example\nbroken voice.example\n"
    )
    resolver = Resolver(servers=[], hosts=hosts)
    failure, facts = await ask_for(HOST, 53, names=resolver)
    assert failure is None
    assert facts["resolver"] == "hosts"
    assert (facts["addresses"], facts["addresses6"]) == (["8.8.8.8"], ["2001:4860::8"])
    assert parse_hosts(hosts.read_text(), "voice.test") == ()


async def test_a_name_is_looked_up_once_a_run() -> None:
    """For several concurrent lookups the name servers get one query per family."""
    heard: list[dns.message.Message] = []

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        heard.append(query)
        return GOOD(query, tcp)

    async with name_server(script) as server:
        resolver = Resolver(servers=[server])
        await asyncio.gather(*(resolver.addresses(HOST) for _ in range(5)))
    assert len(heard) == 2


async def test_an_impossible_name_does_not_exist() -> None:
    """A name that DNS cannot carry is answered without asking anybody."""
    failure, _ = await ask_for(f"{'x' * 64}.example", 53, servers=[("127.0.0.1", 9)])
    assert failure is Failure.DNS_NXDOMAIN_ERROR


async def test_questions_leave_from_low_ports() -> None:
    """A stateless rule on 10000-60000 must not hit our answers."""
    with open_udp(("127.0.0.1", 9)) as sock:
        assert 1500 <= sock.local[1] < 9500


def test_resolv_conf_gives_three_servers_at_most() -> None:
    """As in resolv.conf(5): at most three servers, comments ignored, the local one if there is none."""
    text = "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\nnameserver junk\n" + "".join(
        f"nameserver 192.0.2.{n}\n" for n in range(2, 6)
    )
    assert [address for address, _ in parse_servers(text)] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert parse_servers("") == (("127.0.0.1", 53),)


def test_public_addresses_are_no_bogons() -> None:
    """Multicast and the documentation's addresses are bogons, public ones are not."""
    assert is_bogon("224.0.0.1")
    assert is_bogon("::1")
    assert not is_bogon("8.8.8.8")


def test_silence_is_told_before_the_budget_ends() -> None:
    """Three silent resolvers are given up inside the budget of a step, which would call it another name."""
    assert sum(CADENCE) + 2 * _STAGGER < BUDGETS["dns"].limit


async def test_look_up_leaves_nothing_running() -> None:
    """Once a resolver has answered, those still asked are dropped."""
    async with name_server(lambda query, tcp: []) as silent, name_server(GOOD) as good:
        await look_up(HOST, [silent, good], cadence=(9.0,))
        assert len([task for task in asyncio.all_tasks() if not task.done()]) == 1


ALIKE = {"others": ["edge1.example", "edge2.example", "edge3.example"]}


@pytest.mark.parametrize(
    ("addresses", "same"),
    [
        (("192.0.2.7", "192.0.2.7", "192.0.2.7"), 3),
        (("192.0.2.7", "192.0.2.8", "192.0.2.9"), 0),  # roaming, which has the address of one edge
        (("192.0.2.7", "192.0.2.7", ""), 2),
        (("", "", ""), 0),
    ],
    ids=["all", "one edge", "one unknown", "all unknown"],
)
async def test_the_same_answer_for_other_names_is_counted(addresses: tuple[str, ...], same: int) -> None:
    """The check counts the other names that lead to the target's address, and none if one leads elsewhere."""
    records = {f"{HOST} A": [f"{HOST} A 192.0.2.7"]}
    known = zip(ALIKE["others"], addresses, strict=True)
    records |= {f"{host} A": [f"{host} A {address}"] for host, address in known if address}
    async with name_server(zone(records)) as server:
        failure, facts = await ask_for(HOST, 53, servers=[server], private_ok=True, **ALIKE)
    assert failure is None
    assert facts["same_answers"] == same


async def test_a_dead_resolver_is_not_asked_for_other_names() -> None:
    """Other names are looked up once the target's own has addresses: whoever else waits for them loses no time."""
    asked: set[str] = set()

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        asked.add(query.question[0].name.to_text(omit_final_dot=True))
        return []

    async with name_server(script) as server:
        failure, _ = await ask_for(HOST, 53, servers=[server], more=ALIKE)
    assert failure is Failure.DNS_TIMEOUT_ERROR
    assert asked == {HOST}
