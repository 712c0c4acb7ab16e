"""Answer who has to act in a case, what was measured, what each relay found, and whether it is Twilio's side.

Pure: no network, no clock. Says only what was observed; what was not checked is called that.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.language.case_context import CaseContext

_WHO: Final = re.compile(
    r"\bwho(?:'s| is| has| needs| must| should| can| could| do| does)?\b[^.?]{0,30}"
    r"\b(?:fix\w*|repair|solve|change|act|move|responsible|"
    r"do (?:something|anything)|to blame|open|allow|handle|own|talk to|"
    r"contact|call|forward|send|ask|turn to)\b|"
    r"\bwhose (?:fault|job|problem|side|turn|end|move|task|responsibility)\b|"
    r"\b(?:is|are) (?:it|this|that) (?:on )?(?:us|them|our side|their side|our (?:app|it)|their (?:it|network)) or\b|"
    r"\bcan (?:the |our )?(?:customer|user|agent|caller|we|they|i)\b[^.?]{0,12}\b(?:fix|solve|repair)\b"
)
_MEASURED: Final = re.compile(
    r"\b(?:how (?:much|many|long|high|big|bad|large|good|low|is|are|was|were)|what(?:'s| is| was| were| are)?|any)\b"
    r"[^.?]{0,40}\b(?:packet loss|packets? (?:were |are |got )?(?:lost|dropped)|loss|jitter|latency|"
    r"rtt|round trip|mos|delay|ping|line quality)\b|"
    r"^\W*(?:and |the )?(?:packet loss|loss|jitter|latency|rtt|round trip|mos|delay)\b"
    r"(?:[^.?]{0,15}\b(?:here|there)\b|(?: values?| figures?)?\W*$)"
)
_FAILS: Final = re.compile(
    r"\b(?:what|which)\b[^.?]{0,25}\b(?:fails?|failed|failing|broken|wrong|problem|issue|culprit|cause)\b|\bculprit\b|"
    r"\b(?:anything|something) (?:wrong|broken|bad|odd|unusual|failing)\b|"
    r"^\W*(?:the |a |short )?(?:summary|verdict|result|conclusion)\b"
)
_FEW: Final = 8  # words of a question for the verdict; a longer one has a subject of its own
# Without one of these, the question is what jitter is, and how much is too much.
_MEASURED_HERE: Final = re.compile(
    r"\b(?:did (?:you|it|the relay)|you (?:measure|see|saw|got)|measured|was|were|here|there|in this case|their|"
    r"on this)\b"
)
_RELAYS: Final = re.compile(
    r"\b(?:what|how|which)\b[^.?]{0,40}\b(?:relays?|probes?)\b[^.?]{0,40}"
    r"\b(?:see|saw|seen|say|said|find|found|get|got|report\w*|result\w*|measure\w*|look|do|did|fail\w*|work\w*|use|used|ran|run|"
    r"took part|take part|involved|tested?|checked)\b|"
    r"\b(?:results?|verdict|outcome)\b[^.?]{0,20}\b(?:from|of|at|by)\b[^.?]{0,20}\b(?:relays?|probes?)\b|"
    r"\b(?:and|what about|how about)\b[^.?]{0,12}\b(?:the )?(?:other )?relays?\b[^.?]{0,20}\?"
)
_NAMED: Final = re.compile(
    r"\brelays? (?:in|at|from|called|named) (?:the )?([a-z][\w-]*)|\b([a-z][\w-]*) relays?\b(?! (?:in|at|from))"
)
_NO_NAME: Final = re.compile(
    r"the|an?|our|your|other|both|all|each|every|which|what|any|some|this|that|my|their|two|three|reference"
)
_SIDE: Final = re.compile(
    r"\b(?:twilio|the service|the vendor|the provider|the carrier)(?:'s|s)?\b[^.?]{0,12}"
    r"\b(?:side|end|fault|problem|issue|outage)\b|"
    r"\b(?:problem|issue|fault|outage|wrong)\b[^.?]{0,12}\b(?:at|with|of|on|by) (?:twilio|the service)\b|"
    r"\btwilio\b[^.?]{0,8}\b(?:down|to blame|at fault|broken|having)\b|\bblame twilio\b|"
    r"\b(?:ticket|case|escalat\w+|report\w*|bug|complain\w*|raise|contact|call|involve|ask|bother|ping)\b[^.?]{0,25}"
    r"\b(?:with|to|at|by) (?:twilio|the vendor|the provider)\b|\b(?:contact|call|involve|ask|bother|ping) "
    r"(?:twilio|the vendor|the provider)\b"
)
_OWNERS: Final = {
    "firewall": "the team that manages the firewall and the network",
    "developer": "the app's developer",
    "support": "support",
    "user": "the user",
}
_SERVICE: Final = "service-failing"
_NONE: Final = "Nothing was found here so far, so nobody has to act yet."


def answer_from_results(lower: str, about: CaseContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return sentences that answer *lower*, and the ids of general passages to go after them; both may be empty."""
    if _WHO.search(lower):
        return tuple(_who(about)), ()
    if _RELAYS.search(lower) and about.relays:
        return tuple(_relays(lower, about)), ()
    if _MEASURED.search(lower) and (_MEASURED_HERE.search(lower) or (about.measured and _is_short(lower))):
        return (about.measured or "Round trip, jitter, and loss were not measured in this case.",), ()
    if _SIDE.search(lower):
        return tuple(_side(about)), ("outage",)
    if about.found and _FAILS.search(lower) and _is_short(lower) and not re.search(r"\d{5}", lower):
        return tuple(_found(about)), ()
    return (), ()


def _is_short(lower: str) -> bool:
    return len(lower.split()) <= _FEW and not re.search(r"\bwhat (?:is|does|are|causes?)\b", lower)


def _found(about: CaseContext) -> Iterator[str]:
    """Name what was found, and the evidence."""
    yield from (f"Found here: {about.titles[cause].rstrip('.')}." for cause in about.found)
    yield from about.evidence


def _who(about: CaseContext) -> Iterator[str]:
    """Name who has to act, the first to act first, and what to pass on."""
    if not about.owners:
        yield _NONE
        return
    yield from _first(about)
    if others := [_OWNERS[name] for name in about.owners[1:]]:
        yield f"These can help as well: {', '.join(others)}."
    yield from about.customer


def _relays(lower: str, about: CaseContext) -> Iterator[str]:
    """Say what each relay found; only the named one, if one is named."""
    named = [name for name, *_ in about.relays if name.casefold() in lower]
    if not named:
        called = [
            name for pair in _NAMED.findall(lower) for name in pair if name and not _NO_NAME.fullmatch(name)
        ]
        near = [name for name, *_ in about.relays if any(part in name.casefold() for part in called)]
        if called and not near:
            yield f"No relay called “{called[0]}” took part in this case."
        named = near
    for name, place, result in about.relays:
        if not named or name in named:
            yield f"{name} ({place}): {result.rstrip('.')}."


def _first(about: CaseContext) -> Iterator[str]:
    """Name who has to act first, if anybody has to."""
    for name in about.owners[:1]:
        yield f"{_OWNERS[name][:1].upper()}{_OWNERS[name][1:]} has to act here."


def _side(about: CaseContext) -> Iterator[str]:
    """Say whether the service itself was found to fail."""
    titles = [about.titles[cause].rstrip(".") for cause in about.found]
    if _SERVICE in about.found:
        yield f"Yes, it looks like it. Found here: {about.titles[_SERVICE].rstrip('.')}."
    elif titles:
        yield f"What was found here is something else: {'; '.join(titles)}."
        yield from _first(about)
    else:
        yield about.judged.get(_SERVICE) or "No check of this case shows a problem at the service."
