"""The network and the knowledge that come along."""

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge


@pytest.fixture(scope="session")
def twilio() -> Network:
    """The network that comes along."""
    return load_network(None)


@pytest.fixture(scope="session")
def real() -> Knowledge:
    """The knowledge that comes along."""
    return load_knowledge(quick=True)
