"""What was understood, in one sentence."""

from typing import Final

from bot.intake.clues import Reading
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch

LANGUAGES: Final = "English, Spanish, French, German, Portuguese, Italian, and Japanese"


def assumed_as(request: Request) -> str:
    """Say which code is diagnosed if nobody named one, or that the named one proves nothing; "" if it counts."""
    match request.assumed:
        case "no-code":
            return f"No error code given, so I'm assuming {request.code}. If you know the code, send it."
        case "context":
            return (
                f"{request.code} has several causes in this situation, so the code alone does not prove one."
            )
    return ""


def understood(readings: SymptomMatch) -> str:
    """Say in one sentence what was understood."""
    match readings.verdict:
        case "sure":
            return f"Sounds like: {_lower(readings.causes[0].title)}."
        case "close":
            return "It may be one of these:"
    return (
        "I do not understand the problem. Describe what you see or hear, and where it works and "
        "where it does not, or send the error code. Example: “no audio on the office Wi-Fi, fine on mobile data”."
    )


def unread(reading: Reading) -> str:
    """Say what a text that describes no problem is instead, and what helps; "" if nothing is known about it."""
    if reading.match.verdict != "none" or reading.match.codes or reading.kind != "nothing":
        return ""
    if reading.call_sids:
        sid = reading.call_sids[0]
        return f"{sid} is a Call SID. `lineman diagnose {sid}` reads what Twilio recorded about that call."
    has_words = any(piece.kind == "prose" for piece in reading.pieces)
    is_other = has_words and not reading.language and any(map(str.isalpha, reading.text))
    return f"I read {LANGUAGES}." if is_other else ""


def _lower(title: str) -> str:
    """Lower-case the first letter, unless the first word is a name such as UDP or TURN."""
    first = title.split(" ", 1)[0]
    return title if any(letter.isupper() for letter in first[1:]) else title[:1].lower() + title[1:]
