"""What a relay signs about an order: why it is refused, or how it ended and what was seen.

Pure: no network, no clock.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from probes.protocol import json_codec
from probes.protocol.json_fields import Count, Json, JsonForm, WireError, take_version
from probes.protocol.keys import Identity, fingerprint
from probes.protocol.order import PlanRefused
from probes.protocol.signing import canonical, check, sign, split

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RelayReport:
    """What a relay says it did with an order, as signed by it."""

    order: str
    relay: str  # fingerprint
    reason: str  # of a refusal, a word of REASONS; of a report, one of channel.OUTCOMES
    sentence: str
    n: int = 0  # observations in a report
    digest: str = ""  # `digest_of` them


def sign_refusal(refused: PlanRefused, me: Identity) -> str:
    """Write down, signed by the relay, why an order is not run."""
    return _sign_verdict(
        "refusal", RelayReport(refused.order, me.id, refused.reason, refused.sentence[:900]), me
    )


def sign_report(order: str, outcome: str, observations: list[Json], me: Identity) -> str:
    """Write down, signed by the relay, how the order ended and what was sent about it."""
    n, digest = len(observations), digest_of(observations)
    return _sign_verdict("report", RelayReport(order, me.id, outcome, "", n, digest), me)


def open_refusal(text: str, key: str) -> RelayReport:
    """Read a refusal by the relay whose public key is *key*; `WireError` unless it is one."""
    return _open_verdict("refusal", text, key)


def open_report(text: str, key: str) -> RelayReport:
    """Read a report by the relay whose public key is *key*; `WireError` unless it is one."""
    return _open_verdict("report", text, key)


def digest_of(observations: Iterable[Json]) -> str:
    """Hash *observations*, in the order in which they were numbered."""
    whole = hashlib.sha256()
    for observation in observations:
        whole.update(canonical(observation).encode() + b"\n")
    return whole.hexdigest()


def _sign_verdict(kind: str, verdict: RelayReport, me: Identity) -> str:
    payload = {
        name: getattr(verdict, name) for name in ("order", "relay", "reason", "sentence", "n", "digest")
    }
    return sign(kind, {"v": VERSION, **payload}, me)


def _open_verdict(kind: str, text: str, key: str) -> RelayReport:
    body, signature = split(text)
    check(kind, body, signature, key)
    _, left = take_version(json_codec.load(body), "v", (VERSION,), kind)
    verdict = _REPORT.read(left, kind)
    if verdict.relay != fingerprint(key):
        raise WireError(f"{kind}.relay: is another one than signed")
    return verdict


_REPORT: Final = JsonForm(RelayReport, n=Count)
