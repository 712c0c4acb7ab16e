"""What proofs of single ports mean together."""

import pytest

from probes.checks.media_verdict import PortProof, compare_ephemeral, judge, summarize
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
