"""The report of the Android SDK: `onPreflightCompleted`'s JSONObject; quality a word, isTurnRequired a Boolean."""

from typing import Final

from bot.preflight.form import PARTS, Form, native_signs
from bot.preflight.keys import Map


def signs(report: Map) -> int:
    """Tell the native form where quality is a word and isTurnRequired true or false itself."""
    native = native_signs(report)
    quality, turn = report.take("callquality"), report.take("isturnrequired")
    word = isinstance(quality, str) and not quality.strip().isdecimal()
    return native + (3 * word + 2 * isinstance(turn, bool) if native else 0)


FORM: Final = Form("android", ("android",), tuple(part for part in PARTS if part != "dtls"), signs)
