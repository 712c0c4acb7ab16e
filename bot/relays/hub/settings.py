"""Read the locations of the hub, its database, and the signing key from the environment.

The key that signs plans is read by the process that asks for a diagnosis, and never by the hub.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bot.errors import UsageError
from bot.relays.hub.nats_settings import NatsSettings, read_nats_settings
from bot.relays.hub.paths import (
    DEFAULT_DATABASE,
    KEY_FILE,
    SIGNING_KEY,
    SOCKET_FILE,
    beside_database,
    database_of,
    other_keys,
    socket_of,
)
from bot.relays.hub.quotas import HubLimits
from bot.settings import SettingsReader
from bot.storage.address import DatabaseAddress
from probes.protocol.invitation import check_hub
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity, KeyFileError, load_identity, make_identity, parse_identity

URL: Final = "LINEMAN_HUB_URL"
METRICS: Final = "LINEMAN_HUB_METRICS"  # of its own, since bot and hub may share one file of settings

_KEY_TEXT: Final = "lineman-key-1:"


@dataclass(frozen=True, slots=True)
class HubSettings:
    """All settings of relays in the environment."""

    database: DatabaseAddress = Path(DEFAULT_DATABASE)
    socket: Path = Path(SOCKET_FILE)
    signing: str = field(default=KEY_FILE, repr=False)  # a path, or the key itself
    url: str = ""  # what relays connect to: wss://hub.example/relay
    limits: HubLimits = field(default_factory=HubLimits)
    other_keys: tuple[Path, ...] = ()  # signing keys in other folders of this installation
    metrics: str = ""  # the address for Prometheus
    nats: NatsSettings | None = None  # None: bot and hub share a socket

    @property
    def names(self) -> frozenset[str]:
        """The names that relays may use for this hub. A proof with another name was made for another hub."""
        name = hub_name(self.url)
        host, _, port = name.rpartition(":")
        return frozenset({name, host if port == "443" else f"{name}:443" if ":" not in name else name})

    @property
    def signing_is_text(self) -> bool:
        """Whether the setting holds the signing key itself, not the path of its file."""
        return self.signing.startswith(_KEY_TEXT)

    def signer(self, *, make: bool = False) -> Identity | None:
        """Load the key that signs plans, or *make* it. Return None without one; `UsageError` for an invalid one."""
        try:
            if self.signing_is_text:
                return parse_identity(self.signing, SIGNING_KEY)
            path = Path(self.signing)
            if make and not path.exists():
                self._check_other_keys(path)
                with suppress(FileExistsError):  # hub and command started at once, and the other was first
                    return make_identity(path)
            return load_identity(path) if path.exists() else None
        except (KeyFileError, OSError) as error:
            raise UsageError(f"{SIGNING_KEY}: {error}") from error

    def _check_other_keys(self, path: Path) -> None:
        if self.other_keys:
            raise UsageError(
                f"There is a signing key in {self.other_keys[0]}, so none was made in {path.absolute()}. Move it "
                f"there, or name it in {SIGNING_KEY}: relays refuse plans that another key signed."
            )


def read_hub_settings(environment: Mapping[str, str]) -> HubSettings:
    """Read *environment*. By default, all files are next to the database."""
    get = SettingsReader(environment)
    settings = HubSettings(
        database_of(environment),
        socket_of(environment),
        get.text(SIGNING_KEY) or str(beside_database(environment, KEY_FILE)),
        get.text(URL),
        _limits(get),
        other_keys(environment),
        get.text(METRICS),
        read_nats_settings(get),
    )
    get.check()
    return settings


def _limits(get: SettingsReader) -> HubLimits:
    """Read `LINEMAN_HUB_RELAY_AT_ONCE` and the other limits of `HubLimits`."""
    usual = asdict(HubLimits())
    return HubLimits(
        **{name: get.number(f"LINEMAN_HUB_{name.upper()}", usual[name], 10**6) for name in usual}
    )


def hub_name(url: str) -> str:
    """Return `host[:port]` of the URL that relays connect to; `UsageError` for an invalid one."""
    try:
        return check_hub(url)
    except WireError:
        raise UsageError(
            f"Set the address that relays connect to, in {URL} or with --url, such as "
            "wss://hub.example/relay."
        ) from None
