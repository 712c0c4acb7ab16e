"""Signed refusals and run reports: why a relay refused a plan, or how the plan ended and what was observed.

Pure: no network, no clock.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from probes.protocol import json_codec
from probes.protocol.frozen import frozen
from probes.protocol.json_fields import Count, Json, JsonForm, WireError, take_version
from probes.protocol.keys import Identity, fingerprint
from probes.protocol.order import PlanRefused
from probes.protocol.signing import canonical, check, sign, split

VERSION: Final = 1


@frozen
class RelayReport:
    """What a relay did with a signed plan, signed by the relay."""

    order: str
    relay: str  # fingerprint
    reason: str  # of a refusal, one of order.REASONS; of a report, one of messages.OUTCOMES
    sentence: str
    n: int = 0  # observations in a report
    digest: str = ""  # `digest_of` the observations


def sign_refusal(refused: PlanRefused, me: Identity) -> str:
    """Sign the refusal of a plan, with its reason."""
    return _sign_verdict(
        "refusal", RelayReport(refused.order, me.id, refused.reason, refused.sentence[:900]), me
    )


def sign_report(order: str, outcome: str, observations: list[Json], me: Identity) -> str:
    """Sign how the plan with the id *order* ended, and the number and digest of its observations."""
    n, digest = len(observations), digest_of(observations)
    return _sign_verdict("report", RelayReport(order, me.id, outcome, "", n, digest), me)


def open_refusal(text: str, key: str) -> RelayReport:
    """Read a refusal by the relay whose public key is *key*; raise `WireError` when it is not valid."""
    return _open_verdict("refusal", text, key)


def open_report(text: str, key: str) -> RelayReport:
    """Read a report by the relay whose public key is *key*; raise `WireError` when it is not valid."""
    return _open_verdict("report", text, key)


def digest_of(observations: Iterable[Json]) -> str:
    """Hash *observations* in the order of their numbers."""
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
        raise WireError(f"{kind}.relay: is not the relay that signed it")
    return verdict


_REPORT: Final = JsonForm(RelayReport, n=Count)
