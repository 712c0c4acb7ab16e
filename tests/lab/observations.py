"""Plain checks from the relay, with sockets and dig: the lab's own tests measure the lab with them."""

import errno
import socket
import ssl
import struct
import time
from pathlib import Path

from tests.lab import addresses as at
from tests.lab.lab import Lab, Situation

PATIENCE = 0.6  # seconds; twice the longest round trip of the lab and some
IP_RECVERR = 11  # linux/in.h
UPGRADE = (
    "GET /signal HTTP/1.1\nHost: lab\nUpgrade: websocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: bGFiIGxhYiBsYWIgbGFiIA=="
)
TURN_CLIENT = ["turnutils_uclient", "-c", "-n", "1", "-y", "-u", at.TURN_USER]


def dig(situation: Situation, *words: str) -> list[str]:
    """The lines of `dig +short` on the relay, asked once."""
    return situation.run(["dig", "+tries=1", "+time=1", "+short", *words]).stdout.split("\n")[:-1]


def tcp(lab: Lab, address: str, port: int = 443) -> str:
    """`open`, `timeout`, or the name of the errno that connecting from the relay ends with."""
    return lab.namespaces.inside("relay", lambda: _tcp(address, port))


def tcp_seconds(lab: Lab, address: str, port: int = 443, tries: int = 3) -> float:
    """The quickest of a few connections from the relay."""

    def connect() -> float:
        began = time.monotonic()
        socket.create_connection((address, port), 5.0).close()
        return time.monotonic() - began

    return min(lab.namespaces.inside("relay", connect) for _ in range(tries))


def tls(lab: Lab, address: str, name: str, authority: str = "lab", port: int = 443) -> str:
    """`ok`, or how a verified handshake from the relay ends: an errno's name, `eof`, `not tls`, a verify code."""
    return lab.namespaces.inside("relay", lambda: _tls(lab.folder, address, name, authority, port))


def http(lab: Lab, address: str, name: str, request: str) -> str:
    """The head of the answer to a raw request over TLS, unverified; `cut` when it is reset or closed."""

    def ask() -> str:
        context = ssl._create_unverified_context()
        try:
            plain = socket.create_connection((address, 443), PATIENCE)
            # wrap_socket takes over the plain one; a cut must not look like a regular end
            with context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False) as secure:
                secure.sendall(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
                return secure.recv(65536).decode(errors="replace")
        except (ConnectionResetError, ssl.SSLEOFError):  # Python 3.11 reads a reset as the latter
            return "cut"

    return lab.namespaces.inside("relay", ask)


def udp(lab: Lab, port: int, local_port: int = 5000) -> tuple[bool, bool]:
    """Whether a datagram from the relay reaches that media port, and whether the answer comes back."""
    server = lab.namespaces.inside("svc", lambda: _udp_socket(at.RELAYED, port))
    client = lab.namespaces.inside("relay", lambda: _udp_socket("0.0.0.0", local_port))
    with server, client:
        client.sendto(b"out", (at.RELAYED, port))
        try:
            _, peer = server.recvfrom(64)
        except TimeoutError:
            return False, False
        server.sendto(b"back", peer)
        try:
            return True, client.recv(64) == b"back"
        except TimeoutError:
            return True, False


def stun_seconds(lab: Lab, count: int) -> list[float]:
    """How long the STUN server took for each of so many binding requests, one after the other."""

    def ask() -> list[float]:
        waits = []
        with _udp_socket("0.0.0.0", 0) as client:
            for _ in range(count):
                began = time.monotonic()
                client.sendto(struct.pack("!HHI12x", 1, 0, 0x2112A442), (at.TURN, 3478))
                client.recv(512)
                waits.append(time.monotonic() - began)
        return waits

    return lab.namespaces.inside("relay", ask)


def egress(lab: Lab, port: int = 20000) -> str:
    """The address from which a media server sees the relay's datagrams."""
    server = lab.namespaces.inside("svc", lambda: _udp_socket(at.RELAYED, port))
    client = lab.namespaces.inside("relay", lambda: _udp_socket("0.0.0.0", 0))
    with server, client:
        client.sendto(b"out", (at.RELAYED, port))
        return str(server.recvfrom(64)[1][0])


def hop(lab: Lab, ttl: int, address: str = at.RELAYED) -> str:
    """Who answers a datagram that lives for *ttl* hops."""

    def ask() -> str:
        with _udp_socket("0.0.0.0", 0) as probe:
            probe.setsockopt(socket.SOL_IP, socket.IP_TTL, ttl)
            probe.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
            probe.connect((address, 33434))
            probe.send(b"hop")
            try:
                probe.recv(64)
            except OSError:
                _, ancillary, _, _ = probe.recvmsg(64, 512, socket.MSG_ERRQUEUE)
                return socket.inet_ntoa(struct.unpack_from("!4s", ancillary[0][2], 20)[0])
            return ""

    return lab.namespaces.inside("relay", ask)


def _tcp(address: str, port: int) -> str:
    try:
        socket.create_connection((address, port), PATIENCE).close()
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "open"


def _tls(folder: Path, address: str, name: str, authority: str, port: int) -> str:
    context = ssl.create_default_context(cafile=str(folder / "pki" / f"{authority}.pem"))
    try:
        with (
            socket.create_connection((address, port), PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=name),
        ):
            return "ok"
    except ssl.SSLCertVerificationError as error:
        return f"verify {error.verify_code}"
    except ssl.SSLEOFError:
        return "eof"
    except ssl.SSLError:
        return "not tls"
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def _udp_socket(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(PATIENCE)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    return made
