"""ICE candidates from statistics and from lines of SDP are the same values."""

from bot.intake.parsing.ice_candidates import candidate_lines, read_candidate


def test_statistics_and_lines() -> None:
    """Kind, protocol, address and port, and no user name of a TURN server."""
    line = "a=candidate:1 1 udp 2122260223 192.0.2.4 50123 typ host generation 0"
    (candidate,) = candidate_lines(line)
    assert (candidate.kind, candidate.protocol, candidate.address, candidate.port) == (
        "host", "udp", "192.0.2.4", 50123,
    )  # fmt: skip
    relay = read_candidate(
        {"candidateType": "relay", "url": "turn:user:pass@turn.example:3478?transport=tcp"}
    )
    assert relay is not None
    assert "user" not in relay.url
    assert read_candidate({"candidateType": "unheard"}) is None
