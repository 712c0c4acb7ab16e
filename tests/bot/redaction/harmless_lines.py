"""Lines as logs and tools write them, without a secret. The same for the same seed."""

import random
import re
from collections.abc import Iterator
from typing import Final

from tests.bot.redaction.corpus import HEX, Maker, some


def _number(low: int, high: int) -> Maker:
    return lambda chance: str(chance.randrange(low, high))


FIELDS: Final[dict[str, Maker]] = {
    "small": _number(0, 100),
    "number": _number(100, 100_000),
    "big": _number(10**9, 10**12),
    "port": _number(1024, 65536),
    "address": lambda chance: ".".join(str(chance.randrange(1, 255)) for _ in range(4)),
    "address6": lambda chance: f"2001:db8:{some(chance, HEX, 4)}::{some(chance, HEX, 3)}",
    "time": lambda chance: (
        f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02} "
        f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}.{chance.randrange(1000):03}"
    ),
    "version": lambda chance: f"{chance.randrange(1, 20)}.{chance.randrange(40)}.{chance.randrange(10)}",
    "code": lambda chance: chance.choice(("31005", "31009", "53405", "20101", "31480", "53000", "31901")),
    "call": lambda chance: "CA" + some(chance, HEX, 32),
    "uuid": lambda chance: "-".join(some(chance, HEX, length) for length in (8, 4, 4, 4, 12)),
    "sha1": lambda chance: some(chance, HEX, 40),
    "sha256": lambda chance: some(chance, HEX, 64),
    "md5": lambda chance: some(chance, HEX, 32),
    "short": lambda chance: some(chance, HEX, 7),
    "mac": lambda chance: ":".join(some(chance, HEX, 2) for _ in range(6)),
    "host": lambda chance: chance.choice(
        ("chunderm.gll.twilio.com", "eventgw.twilio.com", "pbx-7.example.org")
    ),
    "word": lambda chance: chance.choice(
        ("expired", "invalid", "required", "missing", "updated", "refreshed")
    ),
    "state": lambda chance: chance.choice(
        ("connecting", "open", "closed", "failed", "registered", "offline")
    ),
}
HARMLESS_LINES: Final = (
    "{time} I/TwilioVoice({number}): state={state} code={code} rtt={small}ms",
    "{time} ERROR [Device] TransportError ({code}): {state}, retrying in {number} ms",
    "{time} WARN token {word}, code {code}",
    "access token {word} at {time}",
    "AccessTokenInvalid ({code}): the token is {word}",
    "Password {word} for the proxy at {address}:{port}",
    "password field is {word}; the form has {small} fields",
    "Passwort falsch, Versuch {small} von 5",
    "contraseña incorrecta en {host}",
    "the credential is {word} since {version}",
    "a=candidate:{number} 1 udp {big} {address} {port} typ host generation 0 network-id {small}",
    "a=fingerprint:sha-256 {mac}:{mac}:{mac}",
    "a=rtpmap:111 opus/48000/2",
    "o=- {big} 2 IN IP4 {address}",
    '{address} - - [22/Nov/2026:09:23:39 +0000] "GET /signal HTTP/1.1" 101 {number}',
    "call {call} ended with {code} after {small} s",
    "POST /2010-04-01/Calls/{call}.json {number} ms",
    "request {uuid} took {small}.{small} ms on {host}",
    "commit {sha1}",
    "sha256:{sha256} pulled",
    'ETag: "{md5}"',
    "md5 {md5}  app.apk",
    "request-id={md5} {state}",
    "merge {short}..{short} into main",
    'ETag: "{sha1}"',
    "wlan0 {mac} {address} signal -{small} dBm",
    "inet6 {address6}/64 scope global",
    "{host}. {number} IN A {address}",
    "PING {host} ({address}) 56(84) bytes of data.",
    "64 bytes from {address}: icmp_seq={small} ttl=54 time={small}.{small} ms",
    "{small}  {address}  {small}.{small} ms  {small}.{small} ms  {small}.{small} ms",
    "open UDP {port} {port} and TCP 443 to {address}/18",
    "ports: {port} {port} {port}",
    "ports {port}-{port} are blocked at {host}",
    "Chrome/{version} Safari/537.36 twilio-voice.js {version}",
    "2.{small}.{small} released on 2026-11-{small}",
    "key {short} has {small} entries; token bucket {small}/60",
    "user name is {word} in line {number}",
    "secret rotation {word}: see chapter {version}",
    "https://{host}:{port}/path/@scope/file@2x.png",
    "https://{host}/search?q=a@b&page={small}",
    "wss://{host}:443/signal closed with 1006 after {number} ms",
    "turn:{host}:3478?transport=udp -> {state}",
    "sip:alice@{host} {state}",
    "mail support@{host} about ticket {number}",
    "bytes {big}, packets {number}, lost {small} ({small} %)",
    '<state id="{number}">{state}</state>',
    '{"code": {code}, "state": "{state}", "sid": "{call}"}',
    "| host | port | state |\t| {host} | {port} | {state} |",
    "iceConnectionState {state}, gathering {state}, dtls {state}",
    'level={small} msg="dial tcp {address}:{port}: i/o timeout"',
    "CN={host}, serial {big}, valid until {time}",
    "session {uuid} {state}",
    "from {time} to {time}: {number} calls, MOS {small}.{small}",
    "Windows IP {address} mask 255.255.255.0 lease {number}",
    "process {number}-{number}/com.example.app thread {small}",
    "curl -v https://{host}/ -o out-{small}.txt",
    "docker run -p {port}:{port} app:{version}",
    "grep -u {state} log.{small}; tar -b {small} x",
    "run kite-{small} in {small}.{small} s on relay acme-{small}",
    "x-request-id: {uuid}, trace 00-{call}",
    "Dec {small} the pass {word} on test {small}",
    '{"name": "token", "state": "{word}", "value": {number}}',
    '<meta name="passenger" content="{word}"/> <input name="code" value="{code}"/>',
    "password -> {word}; token -> {word}",
    "- name: RELAY\n  value: acme-{small}",
    "all {number} tests pass: {small} skipped",
    "const token = await getToken(); // line {small}",
    "password: [REDACTED], token: $TOKEN, mot de passe : obligatoire, {small}",
    "PWD=/home/app-{small}",
    '["user", "password", "host-{small}"]',
    "default login page: password reset needed at {time}",
    "net user friendly name, {small}",
    "kind: Secret, type: Opaque, age {small}d",
)


def harmless(seed: int, lines: int) -> Iterator[str]:
    """Yield *lines* lines without a secret."""
    chance = random.Random(seed)
    for number in range(lines):
        line = HARMLESS_LINES[number % len(HARMLESS_LINES)]
        yield re.sub(r"\{(\w+)\}", lambda field: FIELDS[field[1]](chance), line)
