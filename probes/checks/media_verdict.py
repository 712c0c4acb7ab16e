"""Combine the results of single ports into one verdict on UDP media.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import comb
from statistics import median
from typing import Any, Final

from probes.net.loss import CHANCE, LossMeter
from probes.protocol.failures import Failure

SAME: Final = "same"
OUTBOUND_LOST: Final = "outbound_lost"
INBOUND_LOST: Final = "inbound_lost"
NOT_CHECKED: Final = "not_looked"


@dataclass(slots=True)
class PortProof:
    """The result for the datagrams to and from one relayed port."""

    port: int
    outbound: bool | None = None  # None: not known, or not checked
    inbound: bool | None = None
    ms: float | None = None  # from sending the datagram to its Data indication
    sent: int = 0  # number of datagrams sent
    sent_in: int = 0  # number of datagrams that the server was asked to send
    icmp_from: str = ""  # who sent the ICMP error
    rejected: bool = False  # by a device on the path, or by this host

    @property
    def lost(self) -> bool:
        """Whether at least one direction is blocked."""
        return self.outbound is False or self.inbound is False

    def facts(self) -> dict[str, Any]:
        """The result as a JSON value."""
        return {
            "port": self.port,
            "outbound": self.outbound,
            "inbound": self.inbound,
            "ms": self.ms,
            "sent": self.sent,
            "icmp_from": self.icmp_from,
        }


def judge(proofs: Iterable[PortProof], ephemeral: str, *, permission_sure: bool) -> Failure | None:
    """The failure for all *proofs* of the media range together.

    If not a single datagram arrived, our permissions may have been for the wrong address of a NAT pool. That
    is inconclusive, unless we know the address (*permission_sure*) or an ICMP error names the device that
    rejected the datagrams.
    """
    proofs = [proof for proof in proofs if proof.outbound is not None]
    if not proofs:
        return Failure.INCONCLUSIVE
    shut = [proof for proof in proofs if proof.outbound is False]
    if len(shut) == len(proofs) and not permission_sure and not any(proof.rejected for proof in shut):
        return Failure.INCONCLUSIVE
    if shut or ephemeral == OUTBOUND_LOST:
        return Failure.UDP_OUTBOUND_LOST
    if any(proof.inbound is False for proof in proofs) or ephemeral == INBOUND_LOST:
        return Failure.UDP_INBOUND_LOST
    return None


def settle(proofs: Sequence[PortProof], loss: float) -> list[PortProof]:
    """The *proofs*, where a direction of which loss may have taken all datagrams is not known.

    *loss* is the upper bound for the line. With several ports, it does not matter which of them stay silent by chance.
    """
    known = sum(proof.outbound is not None for proof in proofs)
    out = [proof for proof in proofs if proof.outbound is False]
    back = [proof for proof in proofs if proof.inbound is False]
    is_out = _is_beyond_chance(known, [proof.sent for proof in out], loss) or any(
        proof.rejected for proof in out
    )
    is_back = _is_beyond_chance(known, [proof.sent_in for proof in back], loss)
    return [
        replace(
            proof,
            outbound=None if proof.outbound is False and not is_out else proof.outbound,
            inbound=None if proof.inbound is False and not is_back else proof.inbound,
        )
        for proof in proofs
    ]


def _is_beyond_chance(known: int, sent: Sequence[int], loss: float) -> bool:
    """Whether *loss* hardly ever, once in a million times, takes all of *sent* for so many of the *known* ports."""
    return comb(known, len(sent)) * loss ** sum(sent) < CHANCE


def count_passed(proofs: Iterable[PortProof]) -> LossMeter:
    """The datagrams of the directions that work: what was sent before the one that was answered counts as lost."""
    meter = LossMeter()
    for proof in proofs:
        for passed, sent in ((proof.outbound, proof.sent), (proof.inbound, proof.sent_in)):
            if passed:
                meter.sent += sent
                meter.lost += sent - 1
    return meter


def compare_ephemeral(pairs: Sequence[tuple[PortProof, PortProof]]) -> str:
    """Whether the same port did worse from an ephemeral source port; *pairs* are (low, ephemeral)."""
    known = [(low, high) for low, high in pairs if low.outbound is not None and high.outbound is not None]
    if any(low.outbound and not high.outbound for low, high in known):
        return OUTBOUND_LOST
    if any(low.inbound and high.inbound is False for low, high in known):
        return INBOUND_LOST
    return SAME if known else NOT_CHECKED


def summarize(proofs: Sequence[PortProof]) -> dict[str, Any]:
    """Counts, lost ports, and the smallest range that contains them if others passed."""
    lost = sorted(proof.port for proof in proofs if proof.lost)
    some_pass = any(proof.inbound for proof in proofs)
    passed, times = count_passed(proofs), [proof.ms for proof in proofs if proof.ms is not None]
    echo = {"echo_rtt_ms": round(median(times), 1)} if times else {}
    return {
        **echo,
        "echo_sent": passed.sent,
        "echo_lost": passed.lost,
        "tried": [proof.facts() for proof in sorted(proofs, key=lambda proof: proof.port)],
        "outbound_ok": sum(proof.outbound is True for proof in proofs),
        "outbound_lost": sum(proof.outbound is False for proof in proofs),
        "inbound_ok": sum(proof.inbound is True for proof in proofs),
        "inbound_lost": sum(proof.inbound is False for proof in proofs),
        "lost_ports": lost,
        "boundary": f"{lost[0]}-{lost[-1]}" if lost and some_pass else None,
        "icmp_from": next((proof.icmp_from for proof in proofs if proof.icmp_from), ""),
    }
