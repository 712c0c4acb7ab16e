"""Check links in the lab: `lineman check serve` behind a reverse proxy beside the service, and a browser at the relay.

with check_links(lab) as links:
    visit = links.visit("chromium", links.make(["31009", "javascript"]))
    print(visit.diagnosis["found"])
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.lab import addresses as at
from tests.lab import servers
from tests.lab.certificates import Authority
from tests.lab.lab import Lab

URL: Final = f"https://{at.CHECK_PAGE_NAME}"
PORT: Final = 3000
LINEMAN: Final = (sys.executable, "-m", "bot.cli.main")
TIMEOUT: Final = 90.0  # seconds for a browser from its start to the page's answer


@dataclass(frozen=True, slots=True)
class Visit:
    """What the page came to in one browser, and what the bot concluded from it."""

    seconds: float  # from the click to the answer
    verdict: str  # the page's word
    text: str
    sent: Mapping[str, Any]
    diagnosis: Mapping[str, Any]

    @property
    def ids(self) -> set[str]:
        """The causes that were found, and the risks."""
        return {entry["id"] for name in ("found", "risks") for entry in self.diagnosis.get(name, ())}


class CheckLinks:
    """The links of one server in the lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.settings = {
            "PATH": os.environ.get("PATH", ""),
            "HOST": "127.0.0.1",
            "PORT": str(PORT),
            "LINEMAN_CHECK_URL": URL,
            "LINEMAN_CHECK_SUPPORT": "Acme",
            "LINEMAN_NETWORK": str(lab.network_file),
            "LINEMAN_DATABASE": str(lab.folder / "check.db"),
            "LINEMAN_HOME": str(lab.folder / "home"),
        }

    def servers(self) -> tuple[servers.Server, ...]:
        """The bot, and the reverse proxy of docs/check-link.md in front of it."""
        words = ("env", *(f"{name}={value}" for name, value in self.settings.items()))
        pki = self.lab.folder / "pki"
        proxy = servers._nginx_server(
            self.lab.folder,
            "check-proxy",
            "svc",
            at.CHECK_PAGE,
            443,
            f"""
  server {{
    listen {at.CHECK_PAGE}:443 ssl;
    server_name {at.CHECK_PAGE_NAME};
    ssl_certificate {pki}/genuine.pem;
    ssl_certificate_key {pki}/genuine.key;
    client_max_body_size 256k;
    location / {{ proxy_pass http://127.0.0.1:{PORT}; proxy_set_header X-Forwarded-For $remote_addr; }}
  }}
""",
        )
        bot = servers.Server(
            "check", "svc", (*words, *LINEMAN, "check", "serve"), (("tcp", "127.0.0.1", PORT),)
        )
        return bot, proxy

    def make(self, words: Sequence[str]) -> dict[str, Any]:
        """Make a link by the command line: *words* are the code, the platform, and options."""
        return self._ask(*words)

    def visit(self, browser: str, link: Mapping[str, Any], *, trusts_interceptor: bool = False) -> Visit:
        """Open and start *link* in a browser on the relay's host, and read what came of it."""
        names = ("lab", "interceptor") if trusts_interceptor else ("lab",)
        words = [sys.executable, "-m", "tests.check_page.visit", browser, link["url"], at.CHECK_PAGE]
        done = subprocess.run(
            self.lab.namespaces.command("relay", [*words, *map(self._key_hash, names)]),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            cwd=servers.REPOSITORY,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        page = json.loads(done.stdout)
        shown = self._ask("show", link["name"])
        sent = page["sent"] or {}
        return Visit(page["seconds"], page["verdict"], page["text"], sent, shown.get("diagnosis", {}))

    def _key_hash(self, authority: str) -> str:
        """The hash of an authority's key, as Chromium wants it: of every chain that has it, no error counts."""
        key = Authority.load(self.lab.folder / "pki", authority).certificate.public_key()
        encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(encoded).digest()).decode()

    def _ask(self, *words: str) -> dict[str, Any]:
        argv = [*LINEMAN, "check-link", *words, "--json"]
        done = subprocess.run(
            argv, capture_output=True, text=True, env=self.settings, cwd=servers.REPOSITORY, check=False
        )
        assert done.stdout, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@contextmanager
def check_links(lab: Lab) -> Iterator[CheckLinks]:
    """Serve check links in *lab* until the block is left."""
    links = CheckLinks(lab)
    wanted = links.servers()
    processes = [servers.start(lab.namespaces, server, lab.folder) for server in wanted]
    try:
        for server, process in zip(wanted, processes, strict=True):
            servers.wait(lab.namespaces, server, process, lab.folder)
        yield links
    finally:
        servers.stop(processes)
