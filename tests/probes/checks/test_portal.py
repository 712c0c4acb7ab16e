"""The check for login pages, against small web servers on loopback."""

from typing import Any

import pytest

from probes.checks import portal
from probes.net.http1 import Head
from probes.protocol.failures import Failure
from tests.fakes import Talk, drip, say, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see

HOST = "check.example"
PAGE = b"<html>Please sign in</html>"
NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
LOGIN = (
    b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/login?mac=00:11&user=ada\r\nContent-Length: 0\r\n\r\n"
)


def page(status: int, body: bytes = b"", *, length: bool = True) -> bytes:
    head = f"HTTP/1.1 {status} Whatever\r\nServer: lab\r\n"
    head += f"Content-Length: {len(body)}\r\n" if length else ""
    return head.encode() + b"\r\n" + body


async def ask(talk: Talk, **params: Any) -> tuple[Failure | None, dict[str, Any]]:
    names = zone({f"{HOST} A": [f"{HOST} A 127.0.0.1"]})
    async with name_server(names) as server, tcp_server(talk) as port:
        return await see(portal.probe, HOST, port, servers=[server], **params)


TEXT = {"status": 200, "text": "Connect Test"}


@pytest.mark.parametrize(
    ("talk", "params", "failure", "answer"),
    [
        (say(NOTHING), {}, None, "expected"),
        (say(page(200)), {}, None, "expected"),  # some proxies turn 204 into an empty 200
        (say(page(200, b"Connect Test")), TEXT, None, "expected"),
        (say(page(200, b"Connect Test", length=False)), TEXT, None, "expected"),
        (say(page(200, b"Connect "), b"Test"), TEXT, Failure.HTTP_OTHER_ANSWER, "content"),
        (say(page(200)), TEXT, Failure.HTTP_OTHER_ANSWER, "content"),
        (say(page(200, PAGE)), {}, Failure.HTTP_OTHER_ANSWER, "content"),
        (say(page(200, PAGE)), TEXT, Failure.HTTP_OTHER_ANSWER, "content"),
        (say(page(200, PAGE, length=False), then="wait"), TEXT, Failure.HTTP_OTHER_ANSWER, "content"),
        (say(page(511, PAGE)), TEXT, Failure.HTTP_OTHER_ANSWER, "login"),
        (say(LOGIN), {}, Failure.HTTP_OTHER_ANSWER, "redirect"),
        (
            say(page(403, PAGE)),
            {},
            Failure.HTTP_UNEXPECTED_STATUS,
            "other",
        ),  # a filter, or the server's trouble
        (say(page(503)), TEXT, Failure.HTTP_UNEXPECTED_STATUS, "other"),
        (say(page(407)), {}, Failure.HTTP_UNEXPECTED_STATUS, "other"),
        (say(b"SSH-2.0-lab\r\n"), {}, Failure.HTTP_MALFORMED_RESPONSE, None),
        (say(), {}, Failure.EOF_ERROR, None),
        (say(then="reset"), {}, Failure.CONNECTION_RESET, None),
    ],
)
async def test_answer_is_compared(
    talk: Talk, params: dict[str, Any], failure: Failure | None, answer: str | None
) -> None:
    """The known answer is fine, pages of others are a portal's, and a server's own trouble is neither."""
    got, facts = await ask(talk, **params)
    assert (got, facts.get("answer")) == (failure, answer)
    assert facts["address"] == "127.0.0.1"


async def test_login_page_is_noted_without_its_query() -> None:
    """The page's address is evidence; what follows the question mark may name the user."""
    _, facts = await ask(say(LOGIN))
    assert (facts["login_page"], facts["status"]) == ("http://10.0.0.1/login", 302)
    assert "page_status" not in facts
    _, facts = await ask(say(page(511)))
    assert (facts["page_status"], facts["server"]) == (511, "lab")
    assert "login_page" not in facts


async def test_path_and_host_are_sent() -> None:
    """The request is for the known page, of the host by its name."""
    asked: list[bytes] = []

    async def talk(reader: Any, writer: Any) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(NOTHING)
        await writer.drain()

    assert (await ask(talk, path="/generate_204"))[0] is None
    assert asked[0].startswith(b"GET /generate_204 HTTP/1.1\r\nHost: check.example\r\n")


@pytest.mark.parametrize(
    ("location", "answer"),
    [
        ("http://login.example/x", "redirect"),
        ("https://10.0.0.1:8443/", "redirect"),
        ("https://connectivity.example.com/generate_204", "other"),  # to HTTPS: the site's own
        ("//www.example.com/", "other"),
        ("/other", "other"),
        ("", "other"),
        ("http://[broken", "other"),
        ("http://notexample.com/", "redirect"),
    ],
)
def test_redirect_within_the_site_is_its_own(location: str, answer: str) -> None:
    """Only a redirect to another site is a portal's."""
    head = Head(302, (("location", location),))
    host = "connectivity.example.com"
    assert portal.classify_answer(head, b"", host=host, status=204, text="") == answer


def test_login_page_is_plain_text() -> None:
    """A hostile portal puts no escapes and no novel into the evidence."""
    head = Head(302, (("location", "http://a.example/\x1b[31m‮x y" + "z" * 300),))
    page = portal.login_page(head)
    assert page.startswith("http://a.example/[31mxyz")
    assert page.isascii()
    assert page.isprintable()
    assert len(page) <= 200


@pytest.mark.parametrize("chunk", [b"x", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 \r\n\r\n"])
async def test_endless_answer_ends(chunk: bytes) -> None:
    """A server that never stops sending costs this check only, and little of it."""
    failure, _ = await ask(drip(chunk), budget=5.0, **TEXT)
    assert failure in (Failure.HTTP_MALFORMED_RESPONSE, Failure.HTTP_OTHER_ANSWER)


async def test_name_that_is_not_found() -> None:
    """Without an address there is nothing to ask, and the failure is that of the lookup."""
    async with name_server(zone({})) as server:
        failure, _ = await see(portal.probe, HOST, 80, servers=[server])
    assert failure is Failure.DNS_NXDOMAIN_ERROR
