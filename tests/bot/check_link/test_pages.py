"""The page of a link, the start of a check, and its result, over HTTP."""

import re
from pathlib import Path

import pytest

from tests.bot.check_link.conftest import ICE, ORIGIN, Checked, config_in
from tests.bot.check_link.results import result


async def test_get_counts_nothing(checked: Checked) -> None:
    """A mail scanner that opens the link ten times starts nothing. The page has the code and hosts, no case data."""
    for _ in range(10):
        status, text, _ = await checked.get()
        assert status == 200
    config = config_in(text)
    assert (config["code"], config["platform"], config["runs_left"]) == ("31009", "javascript", 5)
    assert config["signaling"][0]["url"] == "wss://voice-js.roaming.twilio.com/signal"
    assert [item["url"] for item in config["turn"]] == ["turn:turn.example:3478?transport=udp"]
    link = await checked.store.link_named(checked.link.name)
    assert link
    assert link.used == 0
    assert link.case_id not in text
    assert "credential" not in text


async def test_headers(checked: Checked) -> None:
    """Each page has its own nonce, connects only to what it tests, and cannot be framed, cached, or tracked."""
    nonces = set()
    for _ in range(2):
        _, text, headers = await checked.get()
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        match = re.fullmatch(r"'nonce-([\w-]{20,})'", policy["script-src"])
        assert match
        nonces.add(match[1])
        assert f'nonce="{match[1]}"' in text
        assert (
            policy["default-src"],
            policy["frame-ancestors"],
            policy["base-uri"],
            policy["form-action"],
        ) == (("'none'",) * 4)
        hosts = policy["connect-src"].split()
        assert hosts[0] == "'self'"
        assert "wss://voice-js.roaming.twilio.com:443" in hosts
        assert all(re.fullmatch(r"(wss|https)://[a-z0-9.-]+\.twilio\.com:443", host) for host in hosts[1:])
    assert len(nonces) == 2
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers


async def test_assets(checked: Checked) -> None:
    """The built files are served with their type; no other path is."""
    async with checked.session.get(f"{checked.base}/check/assets/page.js") as answer:
        assert (answer.status, answer.content_type) == (200, "text/javascript")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("..%2f__init__.py", "index.html", "%2e%2e", "page.js%00"):
        async with checked.session.get(f"{checked.base}/check/assets/{name}") as answer:
            assert answer.status == 404, name


async def test_whole_check(checked: Checked) -> None:
    """A start counts one run and gives credentials; the result is judged, answered, and stored as a run of the case."""
    config, started = await checked.config(), await checked.start()
    assert started["ice"] == {"username": "u", "credential": "c"}
    assert started["runs_left"] == 4
    body = result(config, udp_media="udp_outbound_lost", run=started["run"], key=started["key"])
    status, answer = await checked.post("result", body)
    assert status == 200
    assert (answer["verdict"], answer["causes"]) == ("blocked", ["media-udp-blocked"])
    assert "Your network blocks call audio" in answer["customer"]
    assert {row["layer"]: row["state"] for row in answer["rows"]}["media"] == "blocked"
    assert any(row["ports"] == "10000-60000" for row in answer["admin"])
    run = await checked.store.run(answer["reference"])
    assert run
    assert (run.case, run.vantages, run.outcome) == (
        checked.link.case_id,
        {"browser": "user-network"},
        "found",
    )
    assert run.summary["headline"].endswith("(as reported by the customer's browser)")
    record = await checked.store.record(run.id)
    assert record
    lost = next(each for each in record[1]["browser"].values() if each.probe == "udp_media")
    assert lost.failure == "udp_outbound_lost"
    (check,) = await checked.store.checks_of_link(checked.link)
    assert check.run == run.id


async def test_repeated_result(checked: Checked) -> None:
    """The same result again, and another for the same check, get the first answer; one run is stored, also at once."""
    config, started = await checked.config(), await checked.start()
    body = result(config, run=started["run"], key=started["key"])
    status, first = await checked.post("result", body)
    assert (status, first["verdict"]) == (200, "clear")
    for again in (
        body,
        result(config, udp_media="udp_outbound_lost", run=started["run"], key=started["key"]),
    ):
        assert await checked.post("result", again) == (200, first)
    assert len(await checked.store.runs(checked.link.case_id)) == 1
    checked.service._answers.clear()  # as after a restart
    status, after = await checked.post("result", body)
    assert (status, after["reference"]) == (200, first["reference"])
    assert len(await checked.store.runs(checked.link.case_id)) == 1


@pytest.mark.parametrize(("said", "vantage"), [("no", "reference"), ("unsure", "unknown")])
async def test_another_network(checked: Checked, said: str, vantage: str) -> None:
    """A check from elsewhere clears nothing for the case, but the customer learns what it found there."""
    config, started = await checked.config(), await checked.start()
    body = result(
        config, udp_media="udp_outbound_lost", same_network=said, run=started["run"], key=started["key"]
    )
    _, answer = await checked.post("result", body)
    assert answer["verdict"] == "blocked"
    run = await checked.store.run(answer["reference"])
    assert run
    assert run.vantages == {"browser": vantage}


async def test_secrets_stay(checked: Checked) -> None:
    """Neither the token nor the key of a check is in the database file, and no TURN secret either."""
    started = await checked.start()
    database = checked.service.settings.database
    assert isinstance(database, Path)
    content = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert checked.link.token.encode() in content
    assert checked.token.encode() not in content
    assert started["key"].encode() not in content
    assert ICE.encode() not in content


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [("203.0.113.5", "203.0.113.5"), ("<b>, 2001:db8::1", "2001:db8::1"), ("<b>", ""), ("", "")],
)
async def test_address(checked: Checked, forwarded: str, address: str) -> None:
    """The page learns its address as the proxy on this machine saw it, and nothing else from that header."""
    _, started = await checked.post("start", {"v": 1}, headers={"X-Forwarded-For": forwarded})
    assert started["address"] == address


async def test_without_credentials(checked: Checked) -> None:
    """Without TURN credentials the page learns so, and the media range is not checked."""
    checked.service.settings = type(checked.service.settings)(url=ORIGIN)
    checked.service._prepared.clear()
    config, started = await checked.config(), await checked.start()
    assert started["ice"] is None
    assert len(config["turn"]) == 4
    body = result(
        config, udp_media="no_credentials", quality="not_supported", run=started["run"], key=started["key"]
    )
    _, answer = await checked.post("result", body)
    assert answer["verdict"] == "unknown"
