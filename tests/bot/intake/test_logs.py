"""Logs, error objects, candidates and output of tools are read as far as they tell something."""

# ruff: noqa: E501 - a table: one line is one entry

import pytest

from bot.intake.observation import observe
from bot.intake.read import read

HOST = "voice-js.roaming.twilio.com"

LOGS = (
    ('{"code": 53000, "message": "SignalingConnectionError (53000)", "causes": []}', {"codes": ["53000"]}),
    ('{"code": 31003, "message": "Timeout", "twilioError": {"code": 53405}}', {"codes": ["53405", "31003"]}),
    ("ConnectionError {causes: Array(0), code: 31005, description: 'Connection error', originalError: undefined}", {"code": "31005"}),
    ('E/App: onConnectFailure CallException{ errorCode=31530, message="DNS" }', {"code": "31530", "dns_code": "31530"}),
    ("Error Domain=com.twilio.voice.error Code: 53405 Media connection failed", {"code": "53405"}),
    ("[WSTransport] Received websocket close event code: 1006. Reason:", {"close_code": 1006, "signaling": "failed"}),
    ("WebSocket closed (1015)", {"close_code": 1015}),
    ("ConnectionError (31005): Error sent from gateway in HANGUP", {"code": "31005", "hangup": True}),
    (f"Refused to connect to 'wss://{HOST}/signal' because it violates the following Content Security Policy directive", {"csp": True}),
    ("a=candidate:1 1 udp 2122260223 192.0.2.4 50123 typ host generation 0", {"candidates": ["host"], "direct_candidates": True}),
    ("candidate:3 1 udp 41885439 203.0.113.9 31000 typ relay raddr 0.0.0.0 rport 0", {"relay_candidate": True, "media": None, "signaling": None}),
    ("warn: 53405 ports in use, line 31005 of app.js, took 20101 ms", None),
    ("I paid 53000 dollars", None),
)  # fmt: skip


@pytest.mark.parametrize(("text", "facts"), LOGS)
def test_a_log_tells_codes_and_ways(text: str, facts: dict[str, object] | None) -> None:
    """Each gives its facts; numbers that are no error's give none."""
    reading = read(text)
    if facts is None:
        assert not reading.useful, reading
        return
    (log,) = reading.reports
    seen = observe(log, "").facts
    assert {name: seen.get(name) for name in facts} == facts


def test_a_policy_that_refuses_another_service_proves_nothing() -> None:
    """A page's policy often refuses statistics, and calls work."""
    refused = "Refused to connect to 'https://stats.example/hit' because it violates the following Content Security Policy directive"
    assert read(refused).reports == ()
    both = read(
        f"{refused}\nRefused to connect to 'wss://{HOST}/signal' because it violates the following Content Security Policy"
    )
    assert both.reports[0].csp


def dig(status: str, answer: str = "") -> str:
    count = 1 if answer else 0
    return (
        f"; <<>> DiG 9.18.1 <<>> {HOST}\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: 1\n"
        f";; flags: qr rd ra; QUERY: 1, ANSWER: {count}, AUTHORITY: 0\n;; QUESTION SECTION:\n;{HOST}.\tIN\tA\n\n"
        f";; ANSWER SECTION:\n{answer and f'{HOST}. 60 IN A {answer}'}\n"
    )


def openssl(rest: str) -> str:
    return f"$ openssl s_client -connect {HOST}:443 -servername {HOST}\n{rest}"


def curl(rest: str) -> str:
    return f"* Connected to {HOST} (203.0.113.5) port 443 (#0)\n{rest}"


TOOLS = (
    (dig("NOERROR", "203.0.113.4"), {"tool": "dig", "dns": "resolves"}),
    (dig("NXDOMAIN"), {"dns": "fails"}),
    (dig("SERVFAIL"), {"dns": "fails"}),
    (dig("NOERROR"), {"dns": "fails"}),
    (dig("NOERROR", "10.1.2.3"), {"dns": "fails"}),
    (f"; <<>> DiG 9.18.1 <<>> {HOST}\n;; communications error to 192.0.2.53#53: timed out\n;; no servers could be reached", {"dns": "fails"}),
    (f"** server can't find {HOST}: NXDOMAIN", {"tool": "nslookup", "dns": "fails"}),
    (f"Server: 192.0.2.53\n\nName:\t{HOST}\nAddress: 203.0.113.4\n", {"tool": "nslookup", "dns": "resolves"}),
    (openssl("CONNECTED(00000003)\nVerify return code: 0 (ok)"), {"tcp": "open", "tls": "accepted"}),
    (openssl("CONNECTED(00000003)\nverify error:num=19:self-signed certificate in certificate chain"), {"tls": "intercepted"}),
    (openssl("CONNECTED(00000003)\nVerify return code: 10 (certificate has expired)"), {"tls": "misdated"}),
    (openssl("CONNECTED(00000003)\nVerify return code: 20 (unable to get local issuer certificate)"), {"tcp": "open", "tls": None}),
    (openssl("CONNECTED(00000003)\nwrite:errno=104\nno peer certificate available"), {"tls": "cut"}),
    (openssl("139:error:wrong version number\nCONNECTED(00000003)"), {"tls": "intercepted"}),
    (openssl("connect:errno=110"), {"tcp": "shut", "tls": None}),
    (f"curl: (6) Could not resolve host: {HOST}", {"tool": "curl", "dns": "fails"}),
    (f"curl: (7) Failed to connect to {HOST} port 443 after 9 ms: Connection refused", {"tcp": "shut", "bad": "Connection refused"}),
    (curl("*  SSL certificate verify ok."), {"tcp": "open", "tls": "accepted"}),
    (curl("curl: (60) SSL certificate problem: self-signed certificate in certificate chain"), {"tls": "intercepted"}),
    (curl("curl: (60) SSL certificate problem: certificate has expired"), {"tls": "misdated"}),
    (curl("curl: (35) OpenSSL SSL_connect: Connection reset by peer"), {"tls": "cut"}),
    (curl("> Upgrade: websocket\n>\n< HTTP/1.1 101 Switching Protocols"), {"websocket": "opens"}),
    (curl("> Upgrade: websocket\n>\n< HTTP/1.1 403 Forbidden"), {"websocket": "refused"}),
    (curl("> GET / HTTP/1.1\n>\n< HTTP/1.1 403 Forbidden"), {"websocket": None}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "facts"), TOOLS)
def test_output_of_a_tool_tells_about_its_host(text: str, facts: dict[str, str | None]) -> None:
    """Each gives what it shows about the host, placed nowhere, and nothing more."""
    reading = read(text)
    assert reading.kind == "tool"
    (look,) = reading.pasted
    assert look.target.host == HOST
    assert look.facts["placed"] is False
    assert {name: look.facts.get(name) for name in facts} == facts
