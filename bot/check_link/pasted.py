"""Judge a result of the check page that a person pasted, because the page could not send it.

Nobody vouches for it: like a result by a link, it is read strictly, and belongs to one case.
"""

import json
from collections.abc import Sequence

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.joined import join_browser
from bot.check_link.result_schema import InvalidResultError, read_result
from bot.check_link.targets import as_browser, targets_of
from bot.check_link.verdict import VANTAGES, record_of
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.errors import UsageError
from bot.model.request import Request

NOT_COMPLETE = "This result of a check page is not complete. Ask the customer for the whole text, as a file."


def pasted_record(engine: Engine, check: str, request: Request, now: float) -> RunRecord:
    """Conclude the result *check*, as the reader of pastes found it, for *request*; `UsageError` if it is none.

    *now* in seconds since the epoch.
    """
    try:
        value = json.loads(check)
        result = read_result(json.dumps({**value, "key": ""}).encode())
    except (InvalidResultError, ValueError, TypeError):
        raise UsageError(NOT_COMPLETE) from None
    targets = targets_of(request, engine.network, engine.settings)
    problem = prepare(targets.request, engine.knowledge, engine.network)
    checks = BrowserChecks(result, targets, engine.network)
    digest = engine.knowledge.digest
    return record_of(checks, problem, targets.request, digest, VANTAGES[result.same_network], now)


def beside(engine: Engine, records: Sequence[RunRecord], browser: RunRecord) -> tuple[RunRecord, ...]:
    """Join what relays found in the case with the *browser*'s record, which comes last."""
    request = as_browser(browser.request)
    return join_browser(engine, (*engine.reevaluate(records, request), browser))
