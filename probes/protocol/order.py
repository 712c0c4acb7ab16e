"""Signed plans (orders): sign a plan for one relay, and verify it there. It is valid once, for at most a minute.

Pure: the caller passes the clock and the nonces that were used. A hub that forwards an envelope can neither change
nor reuse it, and can read everything except the secrets.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from msgspec import Meta
from msgspec.structs import asdict

from probes.protocol import json_codec
from probes.protocol.frozen import frozen
from probes.protocol.json_fields import Amount, Json, JsonForm, WireError, read_json, take_version
from probes.protocol.keys import Identity
from probes.protocol.messages import LONGEST
from probes.protocol.model import Plan
from probes.protocol.sealing import seal, unseal
from probes.protocol.sealing_v1 import seal_v1, unseal_v1
from probes.protocol.signing import check, sign, split

VERSION: Final = 2
# Lineman 0.1 knows only this version, which encrypts secrets in another way. Remove it with 0.3.0 (`sealing_v1`).
OLD_VERSION: Final = 1

LIFE: Final = 60.0  # seconds that a signed plan is valid, at most
LONGEST_ORDER: Final = LONGEST["hub"] - 4_096  # characters; it is sent as a quoted string inside a frame
# Seconds that the bot's clock may be ahead of the hub's, whose time the relay uses.
LEEWAY: Final = 5.0

# Why a relay refuses a signed plan, in the order of its checks.
REASONS: Final = (
    "too_large", "malformed", "not_for_me", "expired", "not_yet_valid", "replayed", "unknown_signer",
    "bad_signature", "bad_secrets", "unknown_probe", "target_not_allowed", "too_many", "switched_off", "leaving",
    "disk",
)  # fmt: skip


class PlanRefused(Exception):  # noqa: N818 - an expected outcome, not an error
    """The relay refuses a signed plan: one of REASONS, a sentence for people, and the plan's id if known."""

    def __init__(self, reason: str, sentence: str, order: str = "") -> None:
        super().__init__(sentence)
        self.reason, self.sentence, self.order = reason, sentence, order


@frozen
class SignedPlan:
    """One plan for one relay, with the fields that the signature covers."""

    id: str
    kid: str  # the signer: `fingerprint` of the bot's key
    aud: str  # the audience: `fingerprint` of the relay's key
    iat: float  # seconds since the epoch
    exp: float
    nonce: str
    requester: str  # the person who asked, as the bot names people; quotas are per requester
    case: str
    plan: Plan


def sign_order(order: SignedPlan, key: Identity, sealing: str, version: int = VERSION) -> str:
    """Sign *order* and encrypt the secrets of its steps to *sealing*, the relay's X25519 key."""
    secrets = {step.id: dict(step.secrets) for step in order.plan.steps if step.secrets}
    encrypt = seal_v1 if version == OLD_VERSION else seal
    payload = {
        "v": version,
        "id": order.id,
        "kid": key.id,
        "aud": order.aud,
        "iat": order.iat,
        "exp": order.exp,
        "nonce": order.nonce,
        "requester": order.requester,
        "case": order.case,
        "plan": json_codec.plan_to_json(order.plan),
        "sealed": encrypt(secrets, sealing, _bound(order.id, order.aud)) if secrets else "",
    }
    return sign("order", payload, key)


def make_order(
    plan: Plan, audience: str, requester: str, now: float, *, case: str = "", life: float = LIFE
) -> SignedPlan:
    """Address *plan* to the relay whose fingerprint is *audience*, valid from *now* for *life* seconds."""
    return SignedPlan(
        id=os.urandom(12).hex(), kid="", aud=audience, iat=now, exp=now + min(life, LIFE),
        nonce=os.urandom(16).hex(), requester=requester, case=case, plan=plan,
    )  # fmt: skip


def open_order(
    text: str, me: Identity, signers: Mapping[str, str], now: float, found: Callable[[SignedPlan], bool]
) -> SignedPlan:
    """Read a plan signed by one of *signers* (fingerprint -> public key), or raise PlanRefused.

    Checks size, form, audience, time, nonce (by *found*), and signature, in this order.
    """
    if len(text) > LONGEST_ORDER:
        raise PlanRefused(
            "too_large", f"the order has {len(text)} characters, and the maximum is {LONGEST_ORDER}"
        )
    try:
        body, signature = split(text)
        version, order, sealed = _read(body)
    except WireError as error:
        raise PlanRefused("malformed", f"the order cannot be read: {error}") from None
    _check_claims(order, me, now)
    if found(order):
        raise PlanRefused(
            "replayed", "this plan was sent before, or the clock that signed it is behind", order.id
        )
    key = signers.get(order.kid)
    if key is None:
        raise PlanRefused(
            "unknown_signer", "the order is signed by a key that this relay does not know", order.id
        )
    try:
        check("order", body, signature, key)
    except WireError:
        raise PlanRefused("bad_signature", "the order's signature is not valid", order.id) from None
    return _with_secrets(version, order, sealed, me) if sealed else order


def _check_claims(order: SignedPlan, me: Identity, now: float) -> None:
    if order.aud != me.id:
        raise PlanRefused("not_for_me", "the order is addressed to another relay", order.id)
    if order.exp - order.iat > LIFE or order.exp <= order.iat:
        raise PlanRefused("malformed", f"the order is valid for more than {LIFE:g} seconds", order.id)
    if order.exp <= now:
        raise PlanRefused("expired", f"the order arrived {now - order.exp:.0f} seconds too late", order.id)
    if order.iat > now + LEEWAY:
        raise PlanRefused(
            "not_yet_valid", f"the order's time is {order.iat - now:.0f} seconds in the future", order.id
        )


def _read(body: str) -> tuple[int, SignedPlan, str]:
    version, left = take_version(json_codec.load(body), "v", (OLD_VERSION, VERSION), "order")
    claims = asdict(read_json(left, _ORDER.struct, "order"))
    sealed: str = claims.pop("sealed")
    order = SignedPlan(**claims | {"plan": json_codec.plan_from_json(claims["plan"])})
    if any(step.secrets for step in order.plan.steps):
        raise WireError("order.plan: contains secrets that are not sealed")
    return version, order, sealed


def _with_secrets(version: int, order: SignedPlan, sealed: str, me: Identity) -> SignedPlan:
    decrypt = unseal_v1 if version == OLD_VERSION else unseal
    try:
        secrets = decrypt(sealed, me, _bound(order.id, order.aud))
    except WireError:
        raise PlanRefused(
            "bad_secrets", "the order's secrets cannot be decrypted with this relay's key", order.id
        ) from None
    steps = tuple(replace(step, secrets=secrets.get(step.id, {})) for step in order.plan.steps)
    return replace(order, plan=replace(order.plan, steps=steps))


def _bound(order: str, audience: str) -> bytes:
    return f"{order} {audience}".encode()


def _text(least: int, most: int) -> Any:
    return Annotated[str, Meta(min_length=least, max_length=most)]


_ORDER: Final = JsonForm(
    SignedPlan, id=_text(8, 64), iat=Amount, exp=Amount, nonce=_text(16, 64), requester=_text(0, 200), plan=Json,
    sealed=str,
)  # fmt: skip
