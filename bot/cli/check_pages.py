"""Add the pages of check links to the HTTP server of `lineman serve`."""

from collections.abc import Mapping

from aiohttp.web import Application

from bot.check_link.page_files import PageFiles
from bot.check_link.pages import CheckPages
from bot.check_link.service import CheckService
from bot.check_link.settings import read_check_settings
from bot.diagnosis.engine import Engine
from bot.slack.runtime.ids import new_run
from bot.slack.server.http import AddPages
from bot.storage.store import Store


def check_pages(environment: Mapping[str, str]) -> AddPages:
    """Return what adds the pages; `UsageError` for a wrong setting, or if the page is not built."""
    settings, files = read_check_settings(environment), PageFiles.load()

    def add(pages: Application, engine: Engine, store: Store) -> None:
        CheckPages(CheckService(engine, store, settings, new_run), files).add_to(pages)

    return add
