"""The verdict in one line, with the names of several causes.

Pure: no network, no clock.
"""

from bot.diagnosis.run_record import RunRecord
from bot.rendering.place_text import HERE
from bot.rendering.verdict_text import brief, cause_titles, verdict_text
from bot.rendering.view import View


def verdict_line(record: RunRecord, view: View) -> str:
    """Return the verdict of one or several relays, for a reader on this machine."""
    causes = view.vantages.compared if view.vantages else ()
    relays = len(view.vantages.summaries) if view.vantages else 1
    text = brief(verdict_text(record, view.meaning, causes, relays, here=HERE))
    return ". ".join(filter(None, (text, cause_titles(record.diagnosis, causes, relays)))) + "."
