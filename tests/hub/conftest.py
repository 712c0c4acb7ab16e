"""One TURN server for all tests of the hub."""

from collections.abc import Iterator

import pytest

from tests.turnserver import Coturn, coturn


@pytest.fixture(scope="session")
def turn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """One coturn for the whole run."""
    with coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server
