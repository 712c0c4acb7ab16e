"""Secrets are encrypted by HPKE as RFC 9180 defines it, and relays also read the signed plans of 0.1."""

import json
import time
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec.structs import replace

from bot.relays.hub.messages import RelayStatus
from bot.relays.remote import RemoteRelay, UnreachableError
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import (
    OLD_VERSION,
    VERSION,
    PlanRefused,
    SignedPlan,
    make_order,
    open_order,
    sign_order,
)
from probes.protocol.sealing import SUITE, seal, unseal
from probes.protocol.sealing_v1 import seal_v1, unseal_v1
from probes.protocol.signing import sign, split

BOT, RELAY = Identity.new(), Identity.new()
SECRETS: Final = {"turn a": {"credential": "s3cr3t"}}
STEP = Step("turn a", "turn", Target("turn", "turn.example", 443, "tls"), 4.0, secrets=SECRETS["turn a"])
PLAN = Plan((STEP,), 5.0)

# RFC 9180, appendix A.2.1: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
SK_RM = bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
PK_RM = bytes.fromhex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
ENC = bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
KEY = bytes.fromhex("ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91")
BASE_NONCE = bytes.fromhex("5c4d98150661b848853b547f")
PT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
AAD = b"Count-0"
CT = bytes.fromhex(
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
)


def test_the_vector_of_the_rfc_opens() -> None:
    """The suite derives the key and nonce of appendix A.2.1: the RFC's key pair decrypts what they encrypt.

    The RFC's own ciphertext has additional data and ours does not; it proves that key and nonce are correct.
    """
    private = X25519PrivateKey.from_private_bytes(SK_RM)
    assert private.public_key().public_bytes_raw() == PK_RM
    cipher = ChaCha20Poly1305(KEY)
    assert cipher.decrypt(BASE_NONCE, CT, AAD) == PT
    assert SUITE.decrypt(ENC + cipher.encrypt(BASE_NONCE, PT, b""), private, info=INFO) == PT


def test_old_and_new_encryption_are_not_taken_for_each_other() -> None:
    """Each version decrypts its own secrets and not those of the other."""
    new, old = seal(SECRETS, RELAY.sealing, b"this"), seal_v1(SECRETS, RELAY.sealing, b"this")
    assert unseal(new, RELAY, b"this") == unseal_v1(old, RELAY, b"this") == SECRETS
    for wrong, text in ((unseal, old), (unseal_v1, new), (unseal, ""), (unseal, "!"), (unseal_v1, "")):
        with pytest.raises(WireError, match="cannot be decrypted"):
            wrong(text, RELAY, b"this")
    with pytest.raises(WireError, match="cannot be decrypted"):
        unseal(new, RELAY, b"that")


def made(version: int) -> str:
    """Make a signed plan of *version* for the relay, valid now."""
    return sign_order(make_order(PLAN, RELAY.id, "U1", time.time()), BOT, RELAY.sealing, version)


def opened(text: str) -> SignedPlan:
    return open_order(text, RELAY, {BOT.id: BOT.key}, time.time(), lambda _: False)


@pytest.mark.parametrize("version", [OLD_VERSION, VERSION])
def test_the_relay_opens_both_versions(version: int) -> None:
    """Plans of a 0.1 bot and of a current one both run, with their secrets."""
    text = made(version)
    assert json.loads(split(text)[0])["v"] == version
    assert opened(text).plan == PLAN


@pytest.mark.parametrize("version", [0, 3, True, "2", None, 2.5])
def test_other_versions_are_refused_in_words(version: object) -> None:
    """A plan of an unknown version is refused, with the versions in the sentence."""
    body = json.loads(split(made(VERSION))[0])
    with pytest.raises(PlanRefused, match=r"order\.v") as caught:
        opened(sign("order", {**body, "v": version}, BOT))
    assert caught.value.reason == "malformed"


def test_an_order_cannot_be_turned_into_one_of_the_other_version() -> None:
    """The version is signed, and secrets encrypted for one version cannot be decrypted as the other."""
    body = json.loads(split(made(VERSION))[0])
    with pytest.raises(PlanRefused) as caught:
        opened(sign("order", {**body, "v": OLD_VERSION}, BOT))
    assert caught.value.reason == "bad_secrets"


STATUS = RelayStatus("acme-hq", RELAY.key, RELAY.sealing, "user-network", True, True, None)


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("0.1.0", 1), ("0.1.9", 1), ("0.2.0", 2), ("0.2.0.dev1", 2), ("0.10.0", 2), ("1.0.0", 2),
        ("", 2), ("test", 2), ("v0.1.0", 2),
    ],
)  # fmt: skip
def test_the_bot_signs_what_the_relay_reads(release: str, version: int) -> None:
    """Relays before 0.2.0 get plans of version 1; later and unknown ones get version 2."""
    job = RemoteRelay("acme-hq", None, BOT).sign(PLAN, replace(STATUS, version=release))  # type: ignore[arg-type]  # no hub
    assert json.loads(split(job.envelope)[0])["v"] == version
    assert opened(job.envelope).plan == PLAN


def test_a_relay_that_is_too_old_is_named_before_anything_is_sent() -> None:
    """The sentence names the relay, its version, and what to do."""
    with pytest.raises(UnreachableError) as caught:
        RemoteRelay("acme-hq", None, BOT).sign(PLAN, replace(STATUS, version="0.0.9"))  # type: ignore[arg-type]  # no hub
    assert str(caught.value) == "acme-hq runs 0.0.9; update it"
