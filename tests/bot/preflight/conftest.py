"""The network and the knowledge that come along."""

import pytest

from knowledge.load import load_knowledge
from knowledge.network import load_network
from knowledge.network_facts import Network
from knowledge.schema import Knowledge


@pytest.fixture(scope="session")
def twilio() -> Network:
    """The network that comes along."""
    return load_network(None)


@pytest.fixture(scope="session")
def real() -> Knowledge:
    """The knowledge that comes along."""
    return load_knowledge(quick=True)
