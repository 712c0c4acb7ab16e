"""An address of somebody's own network cannot be the service's."""

import pytest

from bot.intake.parsing.hosts import judge_addresses


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "192.168.1.1", "0.0.0.0"])
def test_private_answers_fail(address: str) -> None:
    """One such answer is enough."""
    assert judge_addresses(["203.0.113.4", address])["dns"] == "fails"


def test_public_answers_resolve() -> None:
    """What is no address is passed over."""
    assert judge_addresses(["203.0.113.4", "999.1.1.1"])["dns"] == "resolves"
