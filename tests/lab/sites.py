"""More customers beside the lab's own: each a LAN with a relay and a resolver, behind its own NAT and firewall.

with lab.start() as lab, Site.start(lab, "hamburg", 0) as site:
    site.put(world).run(["dig", "+short", "global.turn.lab.test"])
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.lab import privileges, servers
from tests.lab.lab import Lab, Situation
from tests.lab.namespaces import SiteNamespaces, remove
from tests.lab.world import World, ruleset

RULED: Final = ("fw", "lan")  # what is the customer's own, and may have a fault


class Site:
    """One customer. Its LAN has the addresses of the lab's own, so every fault of a firewall fits it."""

    def __init__(self, lab: Lab, name: str, number: int) -> None:
        self.name = name
        self.folder = lab.folder / name
        self.namespaces = SiteNamespaces(lab.namespaces.tag, name, number)
        self._network_file = lab.network_file
        self._pki = lab.folder / "pki"
        self._resolv = Path("/etc/netns", self.namespaces.name("relay"), "resolv.conf")
        self._processes: list[subprocess.Popen[bytes]] = []

    @classmethod
    @contextmanager
    def start(cls, lab: Lab, name: str, number: int) -> Iterator["Site"]:
        """Build the site, healthy, hand it out, and remove it in any case, at the latest with the lab."""
        site = cls(lab, name, number)
        try:
            site._build()
            yield site
        finally:
            servers.stop(site._processes)
            for place in ("relay", *RULED):
                remove(site.namespaces.name(place))

    def put(self, world: World) -> Situation:
        """Put the customer's part of *world* in force; LabError when it breaks what is not the customer's."""
        places = {*world.forward, *world.incoming, *world.redirects}
        if not places <= set(RULED) or world.local_zones or world.steer or world.cut_names or world.network:
            raise servers.LabError("a site has faults of its firewall and its LAN only")
        for place in RULED:
            self.namespaces.load_rules(place, ruleset(world, place))
        self._resolv.write_text(f"nameserver {world.resolver}\n")
        return Situation(self, world, self._network_file)

    def _build(self) -> None:
        self.folder.mkdir()
        (self.folder / "python").mkdir()
        privileges.make_cache(self.folder)
        (self.folder / "pki").symlink_to(self._pki)
        (self.folder / "cut.json").write_text("[]")
        self._resolv.parent.mkdir(parents=True)
        self.namespaces.make()
        self.put(World())
        for server in (wanted := servers.servers_of_site(self.folder)):
            self._processes.append(servers.start(self.namespaces, server, self.folder))
        for server, process in zip(wanted, self._processes, strict=True):
            servers.wait(self.namespaces, server, process, self.folder)
