"""Any network file loads or is refused with sentences; no other exception is raised."""

import os
import random
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.loading.load import FOLDER
from knowledge.loading.load_network import load_network
from knowledge.model.problems import KnowledgeError

pytestmark = pytest.mark.unmeasured

RUNS = 10_000 if os.environ.get("LINEMAN_FUZZ") == "full" else 1_500
SHORT = b"""id: office
title: Office
roaming: roaming
edges: {north: {region: n1, place: North}}
services:
  - {id: signaling, protocol: websocket, transport: tcp, port: 443, hosts: {roaming: a.example, north: b.example}}
  - {id: stun, protocol: stun, transport: udp, port: 3478, hosts: {all: 192.0.2.1}}
media: {ranges: [198.51.100.0/24], ports: [10000, 60000]}
addresses: {a.example: [192.0.2.7]}
ice_servers: [{urls: "turn:192.0.2.1:3478?transport=udp", username: u, credential: c}]
"""
PIECES = [
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"\n",
    b"  ",
    b"yes",
    b"null",
    b"0",
    b"-1",
    b"9" * 30,
    b"0.0.0.0/0",
]
PIECES += [
    b"::1",
    b"\xff",
    b"\x00",
    b"\xe2\x80\xa8",
    b"turn:",
    b"&a",
    b"*a",
    b"65536",
    b"roots",
    b"'",
    b'"',
    b"!!x",
]


def tried(path: Path, source: bytes) -> bool:
    path.write_bytes(source)
    problems: list[str] = []
    try:
        load_network(str(path))
    except KnowledgeError as error:
        problems = [one.strip() for one in error.problems] or [""]
    assert all(problems)
    return not problems


def test_spoilt_files_are_refused_in_words(tmp_path: Path) -> None:
    """Files with bytes inserted, removed, or swapped are read or refused; memory does not grow."""
    rng = random.Random(31009)
    twilio = (FOLDER / "networks" / "twilio.yaml").read_bytes()
    path = tmp_path / "network.yaml"
    tried(path, SHORT)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    accepted = sum(tried(path, spoilt(rng, twilio if run % 200 == 0 else SHORT)) for run in range(RUNS))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 0 < accepted < RUNS
    assert grown < 2_000_000


def spoilt(rng: random.Random, source: bytes) -> bytes:
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(source)), rng.choice((0, 0, 1, 4, 30))
        source = source[:at] + rng.choice(PIECES) + source[at + length :]
    return source


def test_a_file_of_each_kind_of_nothing_is_refused(tmp_path: Path) -> None:
    """Empty, binary, enormous, deep, a folder or not there: a sentence each."""
    for number, source in enumerate(
        (b"", b"\x00" * 100, b"a" * 2_000_000, b"[" * 3_000, b"a: " * 500, b"- 1")
    ):
        assert not tried(tmp_path / f"{number}.yaml", source)
    for path in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(KnowledgeError):
            load_network(str(path))


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_refused_in_words(source: bytes) -> None:
    """No bytes give anything but a network or a refusal."""
    with tempfile.TemporaryDirectory() as folder:
        assert not tried(Path(folder, "network.yaml"), source)
