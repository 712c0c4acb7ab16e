"""A real TURN server (coturn) on loopback: free ports, two addresses for RFC 5780, TLS, stopped by pid."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from probes.net.stun import StunClass, StunMethod, make_message, pack_message
from tests.certificates import make_server

HOST: Final = "127.0.0.1"
OTHER_HOST: Final = "127.0.0.2"
SECRETS: Final = {"username": "alice", "credential": "opensesame-7531"}
_START_LIMIT: Final = 10.0  # seconds; it takes 0.2


@dataclass(frozen=True)
class Coturn:
    """Where it listens; it relays on ports 10000-60000 of HOST."""

    port: int  # udp and tcp
    other_port: int
    tls_port: int

    def ways(self, *transports: str) -> list[dict[str, Any]]:
        """As a step's `turn` parameter wants it."""
        ports = {"udp": self.port, "tcp": self.port, "tls": self.tls_port}
        return [{"host": HOST, "port": ports[t], "transport": t} for t in transports]


@contextmanager
def coturn(folder: Path, *more: str) -> Iterator[Coturn]:
    """Run it with its files in *folder* until the block is left; *more* are its options."""
    server = Coturn(*_free_ports(3))
    identity = make_server(None, "turn.example")
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_text(identity.pem)
    argv = ["turnserver", "-n", "--no-cli", "--log-file=stdout", "--simple-log", "--fingerprint"]
    argv += [f"--listening-ip={HOST}", f"--listening-ip={OTHER_HOST}", f"--relay-ip={HOST}"]
    argv += [f"--listening-port={server.port}", f"--alt-listening-port={server.other_port}"]
    argv += [f"--tls-listening-port={server.tls_port}", "--allow-loopback-peers"]
    argv += [f"--cert={folder}/certificate.pem", f"--pkey={folder}/key.pem"]
    argv += ["--min-port=10000", "--max-port=60000", "--lt-cred-mech", "--realm=turn.example"]
    argv += [f"--user={SECRETS['username']}:{SECRETS['credential']}"]
    argv += [f"--pidfile={folder}/pid", f"--userdb={folder}/db", *more]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            _wait_until_it_answers(process, server, folder / "log")
            yield server
        finally:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports below the relayed ones, free on both addresses for UDP and TCP."""
    found: list[int] = []
    while len(found) < count:
        # 5000-9999: the probes' own ports begin at 1500, and a clash there only costs them another try.
        port = 5000 + int.from_bytes(os.urandom(2), "big") % 5000
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    for host in (HOST, OTHER_HOST):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with closing(socket.socket(socket.AF_INET, kind)) as sock:
                try:
                    sock.bind((host, port))
                except OSError:
                    return False
    return True


def _wait_until_it_answers(process: subprocess.Popen[bytes], server: Coturn, log: Path) -> None:
    end = time.monotonic() + _START_LIMIT
    question = pack_message(make_message(StunMethod.BINDING, StunClass.REQUEST))
    waiting = [(OTHER_HOST, server.other_port), (HOST, server.port)]
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.settimeout(0.05)
        while waiting:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"coturn does not run:\n{log.read_text(errors='replace')[-2000:]}")
            with suppress(OSError):
                sock.sendto(question, waiting[-1])
                sock.recvfrom(2048)
                waiting.pop()
    with closing(socket.create_connection((HOST, server.tls_port), 5)):
        pass
