"""The report of the React Native SDK: the native one under the names of the JavaScript one, without totals and DTLS."""

from typing import Final

from bot.preflight.form import PARTS, Form, first
from bot.preflight.keys import Map


def signs(report: Map) -> int:
    """Tell the mixture: names as in JavaScript around candidates and samples as the native SDKs write them."""
    sample = first(report.list("samples"))
    candidate = first(report.list("icecandidatestats"))
    found = 3 * ("networkcost" in candidate or "tcptype" in candidate or "deleted" in candidate)
    found += 2 * ("codec" in sample) + 2 * ("warningscleared" in report and "stats" in report)
    return found + ("stats" in report) + ("testtiming" in report) + ("icecandidatestats" in report)


FORM: Final = Form("react-native", ("react-native",), tuple(part for part in PARTS if part != "dtls"), signs)
