"""One TURN server and one PostgreSQL for all tests of the bot; the network and the knowledge that come along."""

from collections.abc import Iterator

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from tests import postgresql
from tests.turnserver import Coturn, coturn


@pytest.fixture(scope="session")
def turn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """One coturn for the whole run."""
    with coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgresql.PostgresServer]:
    """One server for the whole run, started when the first test asks for it."""
    with postgresql.server() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: postgresql.PostgresServer) -> Iterator[postgresql.PostgresServer]:
    """The server for this test, whose databases go with it."""
    yield postgres_server
    postgres_server.clean()


@pytest.fixture(scope="session")
def twilio() -> Network:
    """The network that comes along."""
    return load_network(None)


@pytest.fixture(scope="session")
def real() -> Knowledge:
    """The knowledge that comes along."""
    return load_knowledge(quick=True)
