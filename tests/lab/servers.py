"""The lab's servers: configuration, start, and waiting until each answers a real connection."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dns.message

from probes.net.addresses import family_of
from tests.lab import addresses as at
from tests.lab import ipv6
from tests.lab.gateway import PLAIN_PORT
from tests.lab.namespaces import Namespaces

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 15.0  # seconds until a server that does not answer is an error
POLL: Final = 0.01  # seconds between two tries of a connection


class LabError(RuntimeError):
    """The lab could not be built; the text says which part and shows its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """One daemon: where it runs, how it starts, and what must answer before it counts as there."""

    name: str
    place: str
    argv: tuple[str, ...]
    ready: tuple[tuple[str, str, int], ...]  # ("tcp" or "dns", address, port), each asked from `place`


def servers(folder: Path) -> tuple[Server, ...]:
    """All of them, with their files below *folder*; writes those files."""
    return (
        _python("authoritative", "svc", ["zone", folder / "steer.json"], ("dns", at.AUTHORITATIVE, 53)),
        _python("rcodes", "lan", [at.NEAR], *(("dns", at.NEAR, port) for port in at.RCODE_PORTS.values())),
        _python(
            "gateway", "svc", [folder / "pki"], ("tcp", at.INSIGHTS, 443), ("tcp", "127.0.0.1", at.EXPIRED)
        ),
        _interceptor(folder, "interceptor-fw", "fw"),
        _interceptor(folder, "interceptor-svc", "svc"),
        _delay(folder),
        _unbound(folder, "near", "lan", at.NEAR, subnet=True),
        _unbound(folder, "far", "svc", at.FAR, subnet=False),
        _unbound6(folder, "near6", at.NEAR6, "iterator"),
        _unbound6(folder, "dns64", at.DNS64, "dns64 iterator"),
        Server("tayga", "fw", ("tayga", "--nodetach", "--config", str(ipv6.tayga_conf(folder))), ()),
        _coturn(folder, "turn", (at.TURN, at.TURN_OTHER)),
        _coturn(folder, "strict", (at.TURN_STRICT,), "--denied-peer-ip=0.0.0.0-255.255.255.255"),
        _nginx(folder),
        _squid(folder),
        _wpad(folder),
    )


def servers_of_site(folder: Path) -> tuple[Server, ...]:
    """What a customer's own LAN and firewall run, with their files below *folder*."""
    return _unbound(folder, "near", "lan", at.NEAR, subnet=True), _interceptor(folder, "interceptor-fw", "fw")


def start(namespaces: Namespaces, server: Server, folder: Path) -> "subprocess.Popen[bytes]":
    """Start one server; it dies with this process."""
    log = (folder / f"{server.name}.log").open("wb")
    argv = namespaces.command(server.place, ["setpriv", "--pdeathsig", "KILL", "--", *server.argv])
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"}
    with log:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=REPOSITORY,
            start_new_session=True,
        )


def stop(processes: Iterable["subprocess.Popen[bytes]"]) -> None:
    """Kill servers, and all that they started."""
    processes = list(processes)
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait()


def wait(namespaces: Namespaces, server: Server, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Return when everything of `server.ready` answers; LabError when it ends or PATIENCE runs out."""
    end = time.monotonic() + PATIENCE
    for kind, address, port in server.ready:
        ask = _ask_tcp if kind == "tcp" else _ask_dns
        while not namespaces.inside(server.place, lambda: ask(address, port)):  # noqa: B023  # called at once
            if process.poll() is not None or time.monotonic() > end:
                log = (folder / f"{server.name}.log").read_text(errors="replace")
                raise LabError(f"{server.name} does not answer on {address}:{port}\n{log[-2000:]}")
            time.sleep(POLL)


def _ask_tcp(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), 1.0).close()
    except OSError:
        return False
    return True


def _ask_dns(address: str, port: int) -> bool:
    query = dns.message.make_query("id.server.", "TXT", "CH")  # answered without asking anybody
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.1)
        try:
            udp.connect((address, port))
            udp.send(query.to_wire())
            reply = dns.message.from_wire(udp.recv(4096))
        except OSError:
            return False
    return reply.id == query.id


def _python(name: str, place: str, arguments: list[str | Path], *ready: tuple[str, str, int]) -> Server:
    module = "authoritative" if name == "rcodes" else name
    words = ["rcodes", *arguments] if name == "rcodes" else arguments
    argv = (sys.executable, "-m", f"tests.lab.{module}", *map(str, words))
    return Server(name, place, argv, ready)


def _interceptor(folder: Path, name: str, place: str) -> Server:
    argv = (sys.executable, "-m", "tests.lab.interceptor", f"{folder}/pki", f"{folder}/cut.json")
    return Server(name, place, argv, (("tcp", "127.0.0.1", at.INTERCEPT),))


def _delay(folder: Path) -> Server:
    places = [f"{ip}={e.delay_ms}" for e in at.EDGES for ip in (e.javascript, e.mobile)]
    argv = (sys.executable, "-m", "tests.lab.delay", "delay", f"{folder}/line.json", *places)
    return Server("delay", "r2", argv, ())


def _unbound(folder: Path, name: str, place: str, address: str, *, subnet: bool) -> Server:
    modules = "subnetcache iterator" if subnet else "iterator"
    send = f"send-client-subnet: {at.AUTHORITATIVE}\n  max-client-subnet-ipv4: 24" if subnet else ""
    path = folder / f"{name}.conf"
    path.write_text(f"""server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/{name}.pid"
  use-syslog: no
  logfile: ""
  interface: {address}
  outgoing-interface: {address}
  access-control: 0.0.0.0/0 allow
  do-ip6: no
  num-threads: 1
  module-config: "{modules}"
  {send}
  qname-minimisation: no
  identity: "{name}.{at.ZONE}"
  nsid: "ascii_{name}"
  local-zone: "test." nodefault
  do-not-query-localhost: no
remote-control:
  control-enable: yes
  control-interface: "{folder}/{name}.ctl"
  control-use-cert: no
forward-zone:
  name: "."
  forward-addr: {at.AUTHORITATIVE}
""")
    return Server(name, place, ("unbound", "-d", "-c", str(path)), (("dns", address, 53),))


def _unbound6(folder: Path, name: str, address: str, modules: str) -> Server:
    """A resolver at an IPv6 address; it keeps nothing, so that no scenario has to reload it."""
    path = folder / f"{name}.conf"
    path.write_text(f"""server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/{name}.pid"
  use-syslog: no
  logfile: ""
  interface: {address}
  outgoing-interface: {at.NEAR}
  access-control: ::/0 allow
  num-threads: 1
  module-config: "{modules}"
  dns64-prefix: {at.NAT64_PREFIX}
  cache-max-ttl: 0
  local-zone: "test." nodefault
  do-not-query-localhost: no
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {at.AUTHORITATIVE}
""")
    return Server(name, "lan", ("unbound", "-d", "-c", str(path)), (("dns", address, 53),))


def _coturn(folder: Path, name: str, listen: tuple[str, ...], *more: str) -> Server:
    argv = ["turnserver", "-n", "--no-cli", "--log-file", "stdout", "--simple-log"]
    argv += [f"--listening-ip={ip}" for ip in listen]
    argv += [f"--relay-ip={at.RELAYED}", "--min-port=10000", "--max-port=60000"]
    argv += ["--listening-port=3478", "--alt-listening-port=3479"]
    argv += ["--tls-listening-port=443", "--alt-tls-listening-port=5350"]
    argv += [f"--cert={folder}/pki/genuine.pem", f"--pkey={folder}/pki/genuine.key"]
    argv += ["--lt-cred-mech", f"--user={at.TURN_USER}:{at.TURN_PASSWORD}", f"--realm={at.REALM}"]
    argv += ["--fingerprint", f"--pidfile={folder}/{name}.pid", f"--userdb={folder}/{name}.db", *more]
    ready = tuple(("tcp", ip, port) for ip in listen for port in (3478, 443))
    return Server(name, "svc", tuple(argv), ready)


def _nginx(folder: Path) -> Server:
    return _nginx_server(
        folder,
        "nginx",
        "svc",
        at.EDGE[at.BEHIND_NGINX].javascript,
        443,
        f"""
  map $http_upgrade $forward_connection {{ default upgrade; '' close; }}
  server {{
    listen {at.EDGE[at.BEHIND_NGINX].javascript}:443 ssl;
    ssl_certificate {folder}/pki/genuine.pem;
    ssl_certificate_key {folder}/pki/genuine.key;
    location / {{
      proxy_pass http://127.0.0.1:{PLAIN_PORT};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $forward_connection;
      proxy_pass_header Date;
      proxy_pass_header Server;
    }}
  }}
""",
    )


def _wpad(folder: Path) -> Server:
    """nginx on the LAN with a proxy script, under the name that browsers look for."""
    root = folder / "wpad"
    root.mkdir()
    root.chmod(0o755)
    (root / "wpad.dat").write_text(
        f'function FindProxyForURL(url, host) {{ return "PROXY {at.PROXY_PLAIN.removeprefix("http://")}; DIRECT"; }}'
    )
    return _nginx_server(
        folder,
        "wpad",
        "lan",
        at.NEAR,
        80,
        f"""
  types {{ application/x-ns-proxy-autoconfig dat; }}
  server {{
    listen {at.NEAR}:80;
    root {root};
  }}
""",
    )


def _nginx_server(folder: Path, name: str, place: str, address: str, port: int, http: str) -> Server:
    """An nginx at *place* with *http* as its configuration, and its own files below *folder*."""
    path = folder / f"{name}.conf"
    path.write_text(f"""daemon off;
master_process off;
user root;
pid {folder}/{name}.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi;
  uwsgi_temp_path {folder}/{name}-uwsgi;
  scgi_temp_path {folder}/{name}-scgi;
{http}
}}
""")
    return Server(name, place, ("nginx", "-c", str(path), "-e", "stderr"), (("tcp", address, port),))


def _squid(folder: Path) -> Server:
    secret = subprocess.run(
        ["openssl", "passwd", "-apr1", at.TURN_PASSWORD], capture_output=True, text=True, check=True
    )
    own = folder / "squid"
    own.mkdir()
    shutil.chown(own, "proxy", "proxy")
    (own / "users").write_text(f"{at.TURN_USER}:{secret.stdout}")
    path = own / "squid.conf"
    others = "\n".join(f"http_port {at.NEAR}:{port} name={name}" for name, port in at.PROXY_PORTS.items())
    path.write_text(f"""http_port {at.NEAR}:3128 name=plain
http_port {at.NEAR}:3129 name=auth
{others}
visible_hostname proxy.{at.ZONE}
auth_param basic program /usr/lib/squid/basic_ncsa_auth {own}/users
auth_param basic children 1 startup=0 idle=1
auth_param basic realm lab
auth_param negotiate program /usr/lib/squid/negotiate_kerberos_auth -s HTTP/proxy.{at.ZONE}
auth_param negotiate children 1 startup=0 idle=1
auth_param ntlm program /usr/lib/squid/ntlm_fake_auth
auth_param ntlm children 1 startup=0 idle=1
acl open_port myportname plain
acl refusing_port myportname refusing
acl negotiate_port myportname negotiate
acl ntlm_port myportname ntlm
acl basic_port myportname auth
acl service dstdom_regex ^(voice-js|chunderm|ers|eventgw|global)\\.
acl known proxy_auth REQUIRED
auth_schemes negotiate negotiate_port
auth_schemes ntlm ntlm_port
auth_schemes basic basic_port
http_access allow open_port
http_access deny refusing_port service
http_access allow refusing_port
http_access allow known
http_access deny all
dns_nameservers {at.NEAR}
cache deny all
cache_log {own}/cache.log
access_log none
pid_filename {own}/pid
coredump_dir {own}
pinger_enable off
shutdown_lifetime 0 seconds
""")
    # Squid keeps shared memory under fixed names; `ip netns exec` gives a mount namespace to hide it in.
    argv = ("sh", "-c", f"mount -t tmpfs shm /dev/shm && exec squid -N -f {path}")
    ports = (3128, 3129, *at.PROXY_PORTS.values())
    return Server("squid", "lan", argv, tuple(("tcp", at.NEAR, port) for port in ports))
