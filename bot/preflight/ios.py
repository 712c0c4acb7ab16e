"""The report of the iOS SDK: `dictionaryReport` of TVOPreflightReport; quality 0 to 4, isTurnRequired a text."""

from typing import Final

from bot.preflight.form import PARTS, Form, native_signs, timing
from bot.preflight.keys import Map


def signs(report: Map) -> int:
    """Tell the native form where quality is a number and isTurnRequired the text "true" or "false"."""
    native = native_signs(report)
    quality, turn = report.take("callquality"), report.take("isturnrequired")
    counted = (isinstance(quality, int | float) and not isinstance(quality, bool)) or (
        isinstance(quality, str) and quality.strip().isdecimal()
    )
    measured = any(name.endswith("timemeasurement") for name in timing(report).names())
    return native + (3 * counted + 2 * isinstance(turn, str) + 3 * measured if native else 0)


FORM: Final = Form("ios", ("ios",), tuple(part for part in PARTS if part != "dtls"), signs)
