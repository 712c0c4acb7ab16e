"""Attacks on a check link: each is refused, nothing is lost, and nobody learns which links there are."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.check_link import pages
from bot.check_link.limits import LinkLimits
from bot.storage.links_table import new_token
from tests.bot.check_link.conftest import ORIGIN, Checked, config_in
from tests.bot.check_link.results import result

SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{config}}{{nonce}}"
START = {"v": 1, "same_network": "yes"}


async def forged(checked: Checked) -> str:
    return new_token()


async def malformed(checked: Checked) -> str:
    return "x" * 300


async def expired(checked: Checked) -> str:
    checked.now[0] += 24 * 3600 + 1
    return checked.token


async def used_up(checked: Checked) -> str:
    for _ in range(5):
        await checked.start()
    return checked.token


async def revoked(checked: Checked) -> str:
    assert await checked.store.revoke_link(checked.link.name, checked.now[0])
    return checked.token


async def deleted(checked: Checked) -> str:
    await checked.store.sweep(checked.now[0] + 90 * 86400)
    return checked.token


CLOSED = [forged, malformed, expired, used_up, revoked, deleted]


@pytest.mark.parametrize("close", CLOSED)
async def test_closed_links(checked: Checked, close: Callable[[Checked], Awaitable[str]]) -> None:
    """Every link that does not work has the same page and the same answers, and starts nothing."""
    token = await close(checked)
    runs = len(await checked.store.checks_of_link(checked.link))
    status, text, headers = await checked.get(token)
    assert status == 404
    nonce = re.search(r"nonce-([\w-]+)", headers["Content-Security-Policy"])
    assert nonce
    _, other, _ = await checked.get(secrets.token_urlsafe(32))
    assert re.sub(r'nonce="[^"]*"', "", text) == re.sub(r'nonce="[^"]*"', "", other)
    assert config_in(text) == {"v": 1, "error": "unknown"}
    assert await checked.post("start", START, token=token) == (404, {"v": 1, "error": "unknown"})
    body = {"v": 1, "run": "a" * 12, "key": new_token(), "observations": []}
    assert await checked.post("result", body, token=token) == (404, {"v": 1, "error": "unknown"})
    assert len(await checked.store.checks_of_link(checked.link)) == runs


async def test_guessing(checked: Checked) -> None:
    """A token has 256 random bits, and one with a wrong letter opens nothing."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    for place in (0, 20, 42):
        wrong = (
            checked.token[:place] + ("A" if checked.token[place] != "A" else "B") + checked.token[place + 1 :]
        )
        if (
            place == 42
        ):  # the last letter has two bits that count for nothing; the text must still be the same
            wrong = checked.token[:42] + chr(ord(checked.token[42]) ^ 1)
        status, _, _ = await checked.get(wrong)
        assert status == 404
    status, _, _ = await checked.get(checked.link.token[:43])  # of the stored hash
    assert status == 404


async def test_more_starts_than_allowed(checked: Checked) -> None:
    """Of 20 starts at once, five count."""
    answers = await asyncio.gather(*(checked.post("start", START) for _ in range(20)))
    assert sorted(status for status, _ in answers) == [200] * 5 + [404] * 15


async def test_another_case(checked: Checked) -> None:
    """A check of one link cannot send its result by another link, nor with another key or run."""
    config, started = await checked.config(), await checked.start()
    other, token = await checked.new_link()
    theirs = await checked.start(token)
    body = result(config, run=started["run"], key=started["key"])
    assert (await checked.post("result", body, token=token))[0] == 404
    mixed = [
        {"run": started["run"], "key": theirs["key"]},
        {"run": theirs["run"], "key": started["key"]},
        {"run": started["run"], "key": new_token()},
        {"run": other.case_id, "key": started["key"]},
    ]
    for change in mixed:
        assert (await checked.post("result", {**body, **change}))[0] == 404
    assert await checked.store.runs(other.case_id) == ()
    assert await checked.store.runs(checked.link.case_id) == ()
    assert (await checked.post("result", {**body, "case": other.case_id, "case_id": other.case_id}))[0] == 200
    assert await checked.store.runs(other.case_id) == ()


async def test_late_results(checked: Checked) -> None:
    """A result may come after its link has expired, but not half an hour after its start, nor after revocation."""
    config, first = await checked.config(), await checked.start()
    second, third = await checked.start(), await checked.start()
    checked.now[0] += 1799
    assert (await checked.post("result", result(config, run=first["run"], key=first["key"])))[0] == 200
    checked.now[0] += 2
    assert (await checked.post("result", result(config, run=second["run"], key=second["key"])))[0] == 404
    checked.now[0] -= 1000
    await revoked(checked)
    assert (await checked.post("result", result(config, run=third["run"], key=third["key"])))[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": f"{ORIGIN}.evil.example"}, 403),
        ({"X-Lineman-Check": ""}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
async def test_other_sites(checked: Checked, headers: dict[str, str], status: int) -> None:
    """A page of another site cannot start a check, nor get a permission to (CSRF)."""
    assert await checked.post("start", START, headers=headers) == (status, {"v": 1, "error": "invalid"})
    assert await checked.store.checks_of_link(checked.link) == ()
    url = f"{checked.base}/check/{checked.token}/start"
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with checked.session.options(url, headers=asking) as answer:
        assert answer.status == 405
        assert not any(name.startswith("Access-Control") for name in answer.headers)


def _deep() -> bytes:
    return b'{"v": 1, "same_network": "yes", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b'{"v": 2}', 400),
        (b'{"v": 1, "same_network": "perhaps"}', 400),
        (b'{"v": 1, "language": "%s"}' % (b"x" * 65), 400),
        (b'{"v": 1, "language": NaN}', 400),
        (_deep(), 400),
        (b'{"v": 1, "x": "%s"}' % (b"x" * 256_000), 413),
    ],
    ids=["empty", "list", "no-text", "version", "word", "long", "nan", "deep", "large"],
)
async def test_bad_bodies(checked: Checked, body: bytes, status: int) -> None:
    """What is not a start is refused, and counts nothing."""
    assert await checked.post("start", body) == (status, {"v": 1, "error": "invalid"})
    assert await checked.store.checks_of_link(checked.link) == ()


async def test_oversized_without_length(checked: Checked) -> None:
    """A body without a length is read up to the limit only."""

    async def chunks() -> Any:
        for _ in range(100):
            yield b"x" * 10_000

    url, headers = f"{checked.base}/check/{checked.token}/result", {"Origin": ORIGIN, "X-Lineman-Check": "1"}
    headers["Content-Type"] = "application/json"
    async with checked.session.post(url, data=chunks(), headers=headers) as answer:
        assert answer.status == 413


async def test_body_without_an_end(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come to its end is given up after `BODY_SECONDS`."""
    monkeypatch.setattr(pages, "BODY_SECONDS", 0.01)
    begun = asyncio.Event()

    async def chunks() -> Any:
        yield b"{"
        await begun.wait()

    url, headers = f"{checked.base}/check/{checked.token}/start", {"Origin": ORIGIN, "X-Lineman-Check": "1"}
    headers["Content-Type"] = "application/json"
    async with asyncio.timeout(5), checked.session.post(url, data=chunks(), headers=headers) as answer:
        assert answer.status == 408


async def test_tampering(checked: Checked) -> None:
    """Words, numbers, and lists that the page cannot send are refused; hosts and edges of others are not used."""
    config, started = await checked.config(), await checked.start()
    body = result(config, run=started["run"], key=started["key"])
    tcp = {"probe": "websocket", "failure": "connection_refused", "host": "a.example", "port": 1}
    media = next(item for item in body["observations"] if item["probe"] == "udp_media")
    bad: list[dict[str, Any]] = [
        {"observations": [tcp]},
        {"observations": [{"probe": "edges", "failure": "generic_timeout_error"}]},
        {"observations": [{**tcp, "failure": None}] * 81},
        {"observations": [{**tcp, "failure": None, "port": 70_000}]},
        {"observations": [{**media, "facts": {"open": [10_000] * 65}}]},
        {"observations": [{**media, "facts": {"open": ["10000"]}}]},
        {"started": 1e300},
        {"browser": {"name": "x" * 65}},
        {"hints": [["x"]]},
        {"v": True},
    ]
    for change in bad:
        assert await checked.post("result", {**body, **change}) == (400, {"v": 1, "error": "invalid"}), change
    assert await checked.store.runs(checked.link.case_id) == ()
    wrong = [{**item, "host": "evil.example", "failure": None} for item in body["observations"]]
    status, answer = await checked.post("result", {**body, "observations": wrong})
    assert (status, answer["verdict"]) == (200, "unknown")
    record = await checked.store.record(answer["reference"])
    assert "evil.example" not in json.dumps(str(record))


def _with_text(value: Any, text: str) -> Any:
    """*value* with *text*, as far as it fits, in every text."""
    if isinstance(value, dict):
        return {name: _with_text(item, text) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_text(item, text) for item in value]
    return text[:64] if isinstance(value, str) else value


async def test_scripts_in_every_text(checked: Checked) -> None:
    """Markup in any text of a result is neither in its answer nor a tag in what is stored and shown."""
    config, started = await checked.config(), await checked.start()
    honest = result(config, udp_media="udp_outbound_lost", run=started["run"], key=started["key"])
    secret = "call +1 202 555 0143 " + SCRIPT[:40]
    loud = {
        **honest,
        "language": SCRIPT[:64],
        "nat": SCRIPT[:64],
        "hints": [SCRIPT[:64], secret],
        "browser": _with_text(honest["browser"], SCRIPT),
        "observations": [
            {
                **item,
                "facts": {**item["facts"], "relayed": SCRIPT[:64], "reflexive": SCRIPT[:64], "reason": "<b>"},
            }
            for item in honest["observations"]
        ],
    }
    status, answer = await checked.post("result", loud)
    assert status == 200
    assert "<" not in json.dumps(answer)
    record = await checked.store.record(answer["reference"])
    assert record
    stored = [each for each in record[1]["browser"].values() if "<" in json.dumps(dict(each.facts))]
    assert [each.step for each in stored] == [
        "preflight browser"
    ]  # shown nowhere as markup: see the previews
    assert "555" not in json.dumps(dict(stored[0].facts))
    status, text, _ = await checked.get()
    assert "alert" not in text


async def test_markup_in_settings(checked: Checked) -> None:
    """The name of the support team cannot end the script element of the configuration."""
    checked.service.settings = replace(checked.service.settings, support=SCRIPT)
    _, text, headers = await checked.get()
    assert text.count("</script>") == 2
    assert config_in(text)["support"] == SCRIPT
    assert "\n" not in headers["Content-Security-Policy"]


async def test_flooding(checked: Checked) -> None:
    """A flood on one link, or by forged links, is refused; other links go on, and what is remembered is bounded."""
    answers = [await checked.post("start", b"{}") for _ in range(40)]
    assert {status for status, _ in answers} == {400, 429}
    assert answers[-1][1]["retry_s"] >= 1
    for _ in range(100):
        assert (await checked.get(new_token()))[0] == 404
    _, token = await checked.new_link()
    assert (await checked.get(token))[0] == 200
    limits = LinkLimits()
    for number in range(6_000):
        limits.wait(str(number), f"203.0.{number // 250}.{number % 250}", 0.0)
    assert len(limits.links.buckets) == len(limits.addresses.buckets) == 5_000


@pytest.mark.parametrize(
    ("flood", "same", "other"),
    [
        ("203.0.113.5", "::ffff:203.0.113.5", "203.0.113.6"),
        ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"),
    ],
)
async def test_flood_from_one_address(checked: Checked, flood: str, same: str, other: str) -> None:
    """One address, or one /64 of IPv6, may not try many links; others are served, as the proxy names them."""

    async def ask(address: str, token: str) -> int:
        url = f"{checked.base}/check/{token}"
        async with checked.session.get(url, headers={"X-Forwarded-For": f"192.0.2.1, {address}"}) as got:
            return got.status

    answers = [await ask(flood, new_token()) for _ in range(130)]
    assert set(answers) == {404, 429}
    assert answers.index(429) >= 120
    assert await ask(same, checked.token) == 429
    assert await ask(other, checked.token) == 200
    assert await ask("10.0.0.1", checked.token) == 200


def test_a_proxy_is_not_an_address() -> None:
    """Private addresses are not counted: behind a proxy on another host, all customers would share one."""
    limits = LinkLimits()
    for address in ("10.1.2.3", "192.168.0.1", "fd00::1", "::1", "", "<b>"):
        waits = [limits.wait(str(number), address, 0.0) for number in range(500)]
        assert not any(waits), address
    waits = [limits.wait(str(number), "203.0.113.5", 0.0) for number in range(500)]
    assert any(waits)


@pytest.mark.parametrize(
    "tail", ["//evil.example", "/%2f%2fevil.example", "?next=https://evil.example", "/../.."]
)
async def test_no_redirects(checked: Checked, tail: str) -> None:
    """No address makes the server send a browser elsewhere."""
    for path in (f"/check/{checked.token}{tail}", f"/check{tail}", tail if tail.startswith("/") else "/"):
        async with checked.session.get(f"{checked.base}{path}", allow_redirects=False) as answer:
            assert answer.status in (200, 404), path
            assert "Location" not in answer.headers
