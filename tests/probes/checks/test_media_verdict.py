"""What proofs of single ports mean together."""

import pytest

from probes.checks.media_verdict import (
    PortProof,
    compare_ephemeral,
    count_passed,
    judge,
    settle,
    summarize,
)
from probes.net.loss import LossMeter
from probes.protocol.failures import Failure

FINE = PortProof(20000, outbound=True, inbound=True)
SHUT = PortProof(30000, outbound=False)
REJECTED = PortProof(30000, outbound=False, rejected=True)
ONE_WAY = PortProof(40000, outbound=True, inbound=False)
UNKNOWN = PortProof(50000)


@pytest.mark.parametrize(
    ("proofs", "ephemeral", "sure", "word"),
    [
        ([FINE, FINE], "same", True, None),
        ([FINE, FINE], "same", False, None),
        ([FINE, UNKNOWN], "not_looked", True, None),
        ([], "not_looked", True, Failure.INCONCLUSIVE),
        ([UNKNOWN], "not_looked", True, Failure.INCONCLUSIVE),
        ([SHUT], "same", True, Failure.UDP_OUTBOUND_LOST),
        ([SHUT, UNKNOWN], "same", False, Failure.INCONCLUSIVE),
        ([REJECTED, SHUT], "same", False, Failure.UDP_OUTBOUND_LOST),
        ([FINE, SHUT], "same", False, Failure.UDP_OUTBOUND_LOST),
        ([ONE_WAY, SHUT], "same", True, Failure.UDP_OUTBOUND_LOST),
        ([FINE, ONE_WAY], "same", False, Failure.UDP_INBOUND_LOST),
        ([FINE], "inbound_lost", True, Failure.UDP_INBOUND_LOST),
        ([FINE], "outbound_lost", True, Failure.UDP_OUTBOUND_LOST),
    ],
)
def test_judge(proofs: list[PortProof], ephemeral: str, sure: bool, word: Failure | None) -> None:
    """A lost port is a verdict; none at all arriving is one only when our permissions were right for certain."""
    assert judge(proofs, ephemeral, permission_sure=sure) is word


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (FINE, FINE, "same"),
        (SHUT, SHUT, "same"),
        (ONE_WAY, ONE_WAY, "same"),
        (FINE, SHUT, "outbound_lost"),
        (FINE, ONE_WAY, "inbound_lost"),
        (FINE, UNKNOWN, "not_looked"),
        (UNKNOWN, SHUT, "not_looked"),
        (SHUT, FINE, "same"),
    ],
)
def test_compare_ephemeral(low: PortProof, high: PortProof, word: str) -> None:
    """Only a port that does worse from an ephemeral source port indicates a rule on the source."""
    assert compare_ephemeral([(low, high)]) == word


def test_the_boundary_is_the_smallest_span_of_lost_ports() -> None:
    """Lost ports are listed, counted by direction and spanned, when others pass."""
    facts = summarize([ONE_WAY, FINE, SHUT])
    assert [entry["port"] for entry in facts["tried"]] == [20000, 30000, 40000]
    assert (facts["outbound_ok"], facts["outbound_lost"]) == (2, 1)
    assert (facts["inbound_ok"], facts["inbound_lost"]) == (1, 1)
    assert facts["lost_ports"] == [30000, 40000]
    assert facts["boundary"] == "30000-40000"


def test_there_is_no_boundary_where_nothing_passes() -> None:
    """A span of the few ports we tried says nothing when all of them are lost."""
    assert summarize([SHUT])["boundary"] is None
    assert summarize([FINE])["boundary"] is None


def _silent(out: int, back: int = 0) -> PortProof:
    """A port of which *out* datagrams were lost; or, if they arrived, *back* datagrams of the other direction."""
    return PortProof(20000, outbound=bool(back), inbound=False if back else None, sent=out, sent_in=back)


PASSED = PortProof(20000, outbound=True, inbound=True, sent=1, sent_in=1)


@pytest.mark.parametrize(
    ("silent", "passed", "loss", "is_known"),
    [
        ([_silent(3)], 7, 0.09, False),  # three lost datagrams of one port among eight
        ([_silent(7)], 7, 0.09, True),
        ([_silent(3)] * 4, 4, 0.09, True),  # four ports are silent at once
        ([_silent(3)] * 4, 4, 0.45, False),
        ([_silent(11)] * 4, 4, 0.45, True),
        ([_silent(1, 3)] * 2, 6, 0.3, False),
        ([_silent(1, 3)] * 8, 0, 0.3, True),
    ],
)
def test_loss_may_silence_few_ports_and_not_many(
    silent: list[PortProof], passed: int, loss: float, is_known: bool
) -> None:
    """A direction stays unknown as long as loss explains its silence more than once in a million times."""
    proofs = [*silent, *[PASSED] * passed]
    settled = settle(proofs, loss)
    assert (settled == proofs) is is_known
    assert any(proof.lost for proof in settled) is is_known
    assert settled[len(silent) :] == proofs[len(silent) :]


def test_one_direction_may_be_known_and_the_other_not() -> None:
    """Eight ports get nothing back; that one of them lost the way out, too, may be chance."""
    settled = settle([_silent(3), *[_silent(1, 3)] * 7], 0.3)
    assert [proof.outbound for proof in settled] == [None, *[True] * 7]
    assert all(proof.inbound is False for proof in settled[1:])


def test_a_rejection_is_not_loss() -> None:
    """An ICMP error says that the packet was rejected, after however few of them."""
    proof = PortProof(20000, outbound=False, sent=2, rejected=True)
    assert settle([proof, *[PASSED] * 7], 0.5)[0].outbound is False


def test_datagrams_before_the_answered_one_count_as_lost() -> None:
    """Only directions that work say what the line loses."""
    passed = PortProof(20000, outbound=True, inbound=True, sent=3, sent_in=1)
    assert count_passed([passed, _silent(8)]) == LossMeter(4, 2)
