"""The test call: the real SDK in the page under its strict policy, with a local gateway and a local peer."""

import base64
import hashlib
import hmac
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socket import create_server
from typing import Any, Final

import pytest

from bot.check_link.joined import joined_records
from bot.check_link.links import make_link
from bot.check_link.server import serving
from bot.check_link.service import CheckService
from bot.check_link.settings import read_check_settings
from bot.diagnosis.engine import load_engine
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.slack.runtime.ids import new_run
from bot.storage.links_table import CheckLink
from bot.storage.store import Store
from knowledge.reasoning.device import PREFLIGHT
from probes.protocol.model import Observation
from tests.certificates import make_server
from tests.check_page.chromium import ICE, Tab, chromium
from tests.check_page.sdk_gateway import SID, SdkGateway
from tests.check_page.site import HOST
from tests.turnserver import SECRETS

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
full = pytest.mark.skipif(os.environ.get("LINEMAN_CHECK_PAGE") != "full", reason="run: make check-link-lab")
ACCOUNT, KEY, APP = "AC" + "1" * 32, "SK" + "2" * 32, "AP" + "3" * 32
SECRET: Final = "not-a-real-secret"
# Nobody clicks here, so that sound would stay off.
FLAGS = ("--ignore-certificate-errors", "--autoplay-policy=no-user-gesture-required")
DONE = "document.querySelector('.verdict, textarea')"
START = "document.querySelector('section.call button').click()"
STATUS = "document.querySelector('section.call [role=status]').textContent"


def claims(token: str) -> dict[str, Any]:
    """The claims of a token whose signature is right (RFC 7515)."""
    signed, _, signature = token.rpartition(".")
    right = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(base64.urlsafe_b64decode(signature + "=="), right)
    header, body = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in signed.split("."))
    assert header == {"typ": "JWT", "alg": "HS256", "cty": "twilio-fpa;v=1"}
    read: dict[str, Any] = body
    return read


class Served:
    """A check link that offers test calls, in a browser whose names of the service lead to a gateway here."""

    def __init__(self, store: Store, link: CheckLink, tab: Tab, gateway: SdkGateway) -> None:
        self.store, self.link, self.tab, self.gateway = store, link, tab, gateway

    async def reports(self) -> list[Observation]:
        """The observations of the SDK's reports in the run of the check."""
        engine = load_engine(None, None)
        (check,) = await self.store.checks_of_link(self.link)
        (record,) = await joined_records(engine, self.store, check.run)
        found = [look for look in record.observations.values() if look.probe == PREFLIGHT]
        return [look for look in found if look.step != f"{PREFLIGHT} browser"]


@asynccontextmanager
async def served(folder: Path, *, answers: bool) -> AsyncIterator[Served]:
    """Open and finish a check, and leave the page at its answer."""
    with create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "LINEMAN_CHECK_URL": f"http://{HOST}:{port}",
        "LINEMAN_DATABASE": str(folder / "lineman.db"),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_API_KEY": KEY,
        "TWILIO_API_SECRET": SECRET,
        "LINEMAN_TWIML_APP": APP,
        # Else a start would ask the service for TURN credentials.
        "LINEMAN_ICE_SERVERS": json.dumps([{"urls": f"turn:{HOST}:9?transport=tcp", **SECRETS}]),
    }
    settings = read_check_settings(environment)
    engine, store = load_engine(None, None), Store.open(settings.database)
    case = CaseRow("case-1", "T", "", "U", Request("31009", "javascript"), created=1.0)
    await store.open_case(case)
    service = CheckService(engine, store, settings, new_run)
    link, address = await make_link(store, settings, case.id, service.clock())
    gateway = SdkGateway()
    async with gateway.run(make_server(None, "voice-js.roaming.twilio.com").context()):
        names = f"MAP *.twilio.com:443 {HOST}:{gateway.port}, MAP * ~NOTFOUND, EXCLUDE {HOST}"
        flags = (f"--host-resolver-rules={names}", *FLAGS)
        async with serving(service, HOST, port), chromium(folder / "profile", *flags, *ICE) as tab:
            if answers:
                gateway.peer = await tab.another()
            await tab.open(address)
            await tab.start()
            await tab.wait_until(DONE, 40)
            yield Served(store, link, tab, gateway)
    await store.close()


async def test_a_refused_token(tmp_path: Path) -> None:
    """The SDK loads under the page's policy and sends a token for one app and five minutes; its error is stored."""
    async with served(tmp_path, answers=False) as page:
        assert await page.tab.evaluate("typeof Twilio") == "undefined"
        assert await page.tab.violations() == []
        await page.tab.evaluate(START)
        await page.tab.wait_until(f"/20101/.test({STATUS})", 40)
        await page.tab.wait_until(f"/sent to/.test({STATUS})", 20)
        (listen,) = page.gateway.messages("listen")
        token = claims(listen["token"])
        assert {name: token[name] for name in ("iss", "sub", "grants")} == {
            "iss": KEY,
            "sub": ACCOUNT,
            "grants": {
                "identity": f"lineman-check-{page.link.name}",
                "voice": {"outgoing": {"application_sid": APP}},
            },
        }
        assert token["exp"] - token["nbf"] == token["exp"] - token["iat"] == 300
        (report,) = await page.reports()
        assert report.facts["codes"] == ["20101"]


@full
async def test_a_whole_call(tmp_path: Path) -> None:
    """The preflight test runs to its end over loopback, and the reader of reports reads what it measured."""
    async with served(tmp_path, answers=True) as page:
        await page.tab.evaluate(f"(() => {{ document.querySelector('#edge').value = 'dublin'; {START}; }})()")
        await page.tab.wait_until(f"/completed.*sent to/.test({STATUS})", 60)
        (report,) = await page.reports()
        assert report.facts["state"] == "completed"
        assert report.facts["signaling"] == report.facts["media"] == "connected"
        assert (report.facts["edge"], report.facts["edge_asked"]) == ("ashburn", "dublin")
        assert report.facts["path_transport"] == "udp"
        assert "warnings" not in report.facts
        assert page.gateway.messages("hangup") == [{"callsid": SID}]
        assert page.gateway.reports
