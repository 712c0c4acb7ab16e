"""The former code, taken out of the history once for all of these tests."""

import pytest

from tests.bot.slack.conftest import database as database
from tests.bot.slack.conftest import serving as serving
from tests.bot.slack.conftest import slack as slack
from tests.compat.former import Former, take_out
from tests.hub.conftest import turn_server as turn_server


@pytest.fixture(scope="session")
def former(tmp_path_factory: pytest.TempPathFactory) -> Former:
    """The version before."""
    return take_out(tmp_path_factory.mktemp("former"))
