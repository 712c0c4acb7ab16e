"""The page and the server that serves it, together: from the link to the stored result."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from socket import create_server

import pytest

from bot.check_link.joined import joined_records
from bot.check_link.links import make_link
from bot.check_link.server import serving
from bot.check_link.service import CheckService
from bot.check_link.settings import CheckSettings
from bot.diagnosis.engine import load_engine
from bot.diagnosis.turn_settings import load_turn_settings
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.slack.runtime.ids import new_run
from bot.storage.store import Store
from tests.check_page.chromium import ICE, chromium
from tests.check_page.site import HOST
from tests.turnserver import SECRETS, coturn

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
# Names of the service do not exist, so that nothing leaves this machine.
NO_NAMES = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


async def test_from_link_to_result(tmp_path: Path) -> None:
    """The page obeys the policy of the server, its result is accepted, and what no name reaches blames nobody."""
    with create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    with coturn(tmp_path) as server:
        url = f"turn:{HOST}:{server.port}?transport="
        ice = [{"urls": [url + "udp", url + "tcp"], **SECRETS}]
        turn = load_turn_settings({"LINEMAN_ICE_SERVERS": json.dumps(ice)})
        settings = CheckSettings(url=f"http://{HOST}:{port}", database=tmp_path / "lineman.db", turn=turn)
        engine, store = load_engine(None, None), Store.open(settings.database)
        service = CheckService(engine, store, replace(settings, support="Acme"), new_run)
        case = CaseRow("case-1", "T", "", "U", Request("31009"), created=1.0)
        await store.open_case(case)
        link, address = await make_link(store, settings, case.id, service.clock())
        async with serving(service, HOST, port), chromium(tmp_path / "profile", NO_NAMES, *ICE) as tab:
            await tab.open(address)
            assert await store.checks_of_link(link) == ()
            await tab.start()
            await tab.wait_until("document.querySelector('.verdict, textarea')", 40)
            text = await tab.evaluate("document.body.innerText")
            await tab.open(f"http://{HOST}:{port}/check/{'x' * 43}")
            closed = await tab.evaluate("document.body.innerText")
        (check,) = await store.checks_of_link(link)
        assert check.run, text
        assert check.run in text
        (record,) = await joined_records(engine, store, check.run)
        await store.close()
    answers = record.answers["javascript"]
    assert record.diagnosis.found == ()
    assert answers["turn"].answer == "reached"
    assert answers["signaling-tcp"].answer is None
    assert address.rpartition("/")[2] not in text
    assert "link" in closed.lower()
    assert [error for error in tab.errors if "Content Security Policy" in error] == []
