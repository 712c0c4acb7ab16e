"""Sign in to NATS with a credentials file: a JWT, and the seed of the key that answers the server's challenge."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# As `nsc` writes it. The dashes around a block differ between versions.
_BLOCK: Final = re.compile(
    r"-{3,}BEGIN (NATS USER JWT|USER NKEY SEED)-{3,}\s+(\S+)\s+-{3,}END (?:NATS USER JWT|USER NKEY SEED)-{3,}"
)
_SEED: Final = 0x90  # the first five bits of an encoded seed: the letter S


@dataclass(frozen=True, slots=True)
class NatsCredentials:
    """What a credentials file holds."""

    jwt: str
    key: Ed25519PrivateKey = field(repr=False)

    def callbacks(self) -> tuple[Callable[[], bytes], Callable[[str], bytes]]:
        """Return what the client calls for the JWT, and to sign the server's challenge."""
        return lambda: self.jwt.encode(), lambda nonce: base64.b64encode(self.key.sign(nonce.encode()))


def read_credentials(path: Path) -> NatsCredentials:
    """Read the file; OSError if it cannot be read, ValueError if it holds something else."""
    blocks = dict(_BLOCK.findall(path.read_text("ascii")))
    if len(blocks) != 2:
        raise ValueError("no JWT and seed")
    return NatsCredentials(blocks["NATS USER JWT"], read_seed(blocks["USER NKEY SEED"]))


def read_seed(text: str) -> Ed25519PrivateKey:
    """Read a seed: base32 of two bytes of prefix, 32 bytes of key, and a CRC-16 with the low byte first."""
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    if (
        len(raw) != 36
        or raw[0] & 0xF8 != _SEED
        or binascii.crc_hqx(raw[:-2], 0).to_bytes(2, "little") != raw[-2:]
    ):
        raise ValueError("not a seed")
    return Ed25519PrivateKey.from_private_bytes(raw[2:-2])
