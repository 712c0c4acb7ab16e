"""A relay's state directory: its key, hub, policy, and the time of its latest plan.

- key: the private key, mode 0600.
- hub.json: the hub's configuration, written by `join`.
- policy.yaml: the operator's egress policy.
- newest: the creation time of the latest plan.
- nonces.json: the nonces of the latest plans, and the time up to which every plan is refused.
- stop: the kill switch. While this file exists, no plan runs.
"""

import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from probes.protocol import json_codec
from probes.protocol.file_owner import foreign_owner_note
from probes.protocol.invitation import Invitation, check_hub, check_pin
from probes.protocol.json_fields import JsonForm, WireError
from probes.protocol.keys import Identity, fingerprint, load_identity, make_identity
from probes.protocol.policy import Policy
from probes.protocol.policy_file import load_policy
from probes.relay.admission import ReplayMemory


class StateDirError(ValueError):
    """A file in the directory is missing or not valid; the message is a sentence."""


class NotJoinedError(StateDirError):
    """The relay has no hub yet: it needs an invitation."""


@dataclass(frozen=True, slots=True)
class HubConfig:
    """What a relay knows about its hub; only what the operator provided."""

    url: str
    signers: tuple[str, ...]  # public keys whose signed plans it runs; two while the bot's key is rotated
    pin: str = ""

    @property
    def keys(self) -> dict[str, str]:
        """The public keys, by fingerprint."""
        return {fingerprint(key): key for key in self.signers}


_NONCES: Final = msgspec.json.Decoder(tuple[float, dict[str, float]])
_HUB_FILE: Final = JsonForm(HubConfig, {"url": "hub"})


@dataclass(frozen=True, slots=True)
class StateDir:
    """Reads and writes a relay's directory."""

    path: Path

    @property
    def switch(self) -> Path:
        """The file of the kill switch."""
        return self.path / "stop"

    def identity(self, *, new: bool = False) -> Identity:
        """Read the key; with *new*, create one if there is none."""
        path = self.path / "key"
        return make_identity(path) if new and not path.exists() else load_identity(path)

    def policy(self) -> Policy:
        """Read the policy file; raises StateDirError if others can change it."""
        path = self.path / "policy.yaml"
        _check_folder(self.path)
        _check_owner(path)
        return load_policy(path)

    def usual_policy(self) -> bool:
        """Write the policy for Twilio's public network unless there is a policy; True if written."""
        path = self.path / "policy.yaml"
        if path.exists():
            return False
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(
            (Path(__file__).parents[1] / "policy.yaml").read_text(encoding="utf-8"), encoding="utf-8"
        )
        return True

    def hub(self) -> HubConfig:
        """Read the hub's configuration, which `join` wrote; raises StateDirError."""
        path = self.path / "hub.json"
        _check_owner(path)
        try:
            hub = _HUB_FILE.read(json_codec.load(path.read_text(encoding="utf-8")), path.name)
            check_hub(hub.url)
            check_pin(hub.pin)
            _ = hub.keys
        except OSError as error:
            raise NotJoinedError(f"{path}: {error.strerror}. Has this relay joined a hub?") from None
        except (WireError, ValueError) as error:
            raise StateDirError(f"{path}: {error}") from None
        return hub

    def joined(self, invitation: Invitation) -> None:
        """Store the hub of *invitation*, without the invitation's secret."""
        text = json_codec.dump({"hub": invitation.hub, "signers": [invitation.signer], "pin": invitation.pin})
        _replace(self.path / "hub.json", text + "\n")

    def memory(self) -> "StoredReplayMemory":
        """Read which plans ran before the last stop."""
        files = self.path / "newest", self.path / "nonces.json"
        try:
            newest = float(files[0].read_text(encoding="ascii"))
        except (OSError, ValueError):
            newest = 0.0
        try:
            floor, nonces = _NONCES.decode(files[1].read_bytes())
        except (OSError, ValueError):
            floor, nonces = newest, {}
        if newest > max(nonces.values(), default=0.0) + 0.001:  # a version before 0.2.0 ran plans since
            floor = newest
        return StoredReplayMemory(newest, floor, nonces, files=files)


@dataclass(slots=True)
class StoredReplayMemory(ReplayMemory):
    """A replay memory in two files: the latest time, which every version reads, and the nonces."""

    files: tuple[Path, Path] | None = None

    def keep(self) -> None:
        """Write the files, once per plan. The nonces come first: without them the latest time is the limit."""
        if self.files:
            _replace(self.files[1], msgspec.json.encode((self.floor, self.nonces)).decode())
            _replace(self.files[0], f"{self.newest:.3f}\n")


def _check_owner(path: Path) -> None:
    """Refuse a file that other users can change: it says which hub and which plans this relay trusts."""
    _check_foreign(path)
    if _mode(path) & 0o022:
        raise StateDirError(f"other users can change {path}. Run: chmod go-w {path}")


def _check_folder(path: Path) -> None:
    """Refuse a folder in which other users can replace files, the private ones, too."""
    _check_foreign(path)
    mode = _mode(path)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise StateDirError(f"everybody on this host can replace files in {path}. Run: chmod o-w {path}")


def _check_foreign(path: Path) -> None:
    with suppress(OSError):  # reading it says why
        if note := foreign_owner_note(path):
            raise StateDirError(note)


def _mode(path: Path) -> int:
    """Return the mode of *path*, 0 if it cannot be found: reading it says why."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
