"""What the lab needs of the machine: root, and the programs of the packages in packages.txt."""

import os
import shutil
from pathlib import Path
from typing import Final

PROGRAMS: Final = {
    "coturn": ("turnserver", "turnutils_uclient", "turnutils_stunclient"),
    "unbound": ("unbound",),
    "nginx-light": ("nginx",),
    "squid": ("squid",),
    "nftables": ("nft",),
    "iproute2": ("ip",),
    "bind9-dnsutils": ("dig",),
    "openssl": ("openssl",),
    "curl": ("curl",),
    "tayga": ("tayga",),
    "util-linux": ("setpriv",),
}
SYSTEM: Final = "/usr/sbin:/sbin"  # where daemons are, which is not in everybody's PATH


def missing(path: str | None = None) -> str:
    """One sentence that says why the lab cannot run here; empty when it can. *path* stands in for PATH."""
    if os.geteuid() != 0:
        return "The fault lab needs root to make network namespaces."
    path = path or f"{os.environ.get('PATH', '')}:{SYSTEM}"
    packages = [
        p for p, programs in PROGRAMS.items() if not all(shutil.which(x, path=path) for x in programs)
    ]
    if not any(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")):
        packages.append("libfaketime")
    if packages:
        return f"The fault lab needs Debian packages that are not installed: {' '.join(sorted(packages))}."
    if not Path("/dev/net/tun").exists():
        return "The fault lab needs /dev/net/tun."
    return ""
