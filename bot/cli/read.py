"""Run `lineman read`: read any text as one reading. `understand` is its older name for prose."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bot.cli.parser import NETWORK_FILE, Parser
from bot.cli.text_command import OK, UNANSWERED, print_json, text_of
from bot.diagnosis.device_evidence import DeviceEvidence, case_of
from bot.errors import UsageError, quote
from bot.intake.clues import LARGEST_CAPTURE, Reading, code_of, edge_of, platform_of
from bot.intake.read import read
from bot.language.make_request import request_for
from bot.model.request import Assumed, Request, Vocabulary
from bot.model.symptom_match import SymptomMatch
from bot.model.vocabulary import make_vocabulary
from bot.rendering.json import reading as json_reading
from bot.rendering.symptom_text import understood, unread
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.symptoms import render_readings
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge

SHOWN: Final = 10  # causes in the JSON; the others share the remaining probability
EPILOG: Final = (
    "Lineman reads words, logs, preflight reports, error objects, and output of network tools, also mixed. "
    "docs/reading.md lists them. Exit codes: 0 understood, 2 invalid request, 3 nothing was understood."
)


def run_read(words: Sequence[str]) -> int:
    """Print what a text contains and what follows. Return 3 if it contains nothing known."""
    options = make_parser().read(words)
    knowledge, network = load_knowledge(quick=True), load_network(options.network)
    vocabulary = make_vocabulary(knowledge, network, ("local",))
    reading = read(_source(options.text), vocabulary, knowledge)
    evidence = evidence_of(reading, vocabulary, knowledge, network) if reading.useful else None
    if options.json:
        print_json(json_reading.render(reading, evidence, knowledge))
    else:
        _write(reading, evidence, knowledge, network)
    return OK if reading.useful or reading.codes or reading.match.verdict != "none" else UNANSWERED


def make_parser() -> Parser:
    """Make the parser of `lineman read`."""
    parser = Parser(
        prog="lineman read",
        description="Read any text, and say what it contains and what that shows.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "text",
        nargs="*",
        metavar="FILE | - | TEXT",
        help="a file, - for standard input, or the text itself",
    )
    add("--network", metavar="FILE", help=NETWORK_FILE)
    add("--json", action="store_true", help="print one JSON object (docs/reading.md)")
    return parser


def _source(words: Sequence[str]) -> str | bytes:
    """Return the bytes of stdin or of a file, or the typed text."""
    if list(words) == ["-"]:
        return sys.stdin.buffer.read(LARGEST_CAPTURE + 1)
    if len(words) == 1 and _is_file(words[0]):
        try:
            with Path(words[0]).open("rb") as stream:
                return stream.read(LARGEST_CAPTURE + 1)
        except OSError as error:
            raise UsageError(f"{quote(words[0])} cannot be read: {error.strerror or error}.") from error
    return text_of(words)


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # the text is too long for a file name, or contains a zero byte
        return False


def evidence_of(
    reading: Reading, vocabulary: Vocabulary, knowledge: Knowledge, network: Network
) -> DeviceEvidence:
    """Evaluate *reading* alone. An error code in a report takes precedence over one in prose."""
    named = next((code for code in reading.codes if code in knowledge.errors), None)
    code = code_of(reading, knowledge.errors) if reading.faults or not named else named
    assumed: Assumed = (
        "context" if code in reading.open_codes else "" if reading.faults or named else "no-code"
    )
    edge = edge_of(reading) or reading.clues.get("edge", "")
    platform = reading.clues.get("platform") or platform_of(reading)
    request = Request(
        code, platform, edge if edge in vocabulary.edges else vocabulary.roaming, assumed=assumed
    )
    # No case is open that another place's answer could mislead.
    return case_of(reading, request, knowledge, network, on_device=reading.is_denied_by_resolver)


def _write(reading: Reading, evidence: DeviceEvidence | None, knowledge: Knowledge, network: Network) -> None:
    """Print the pieces, the facts from prose, and the device's measurements."""
    if len(reading.pieces) > 1:
        for piece in reading.pieces:
            first, last = piece.lines
            lines = f"line {first}" if first == last else f"lines {first}-{last}"
            write([Line(f"{lines}: {piece.says}", "dim")], sys.stdout)
    is_other = reading.kind in ("foreign", "refused")
    if instead := unread(reading):
        write([Line(instead)], sys.stdout)
    elif reading.codes or reading.match.verdict != "none" or not (evidence or is_other):
        write(render_readings(reading.match, knowledge), sys.stdout)
    if evidence:
        # A description in words has no measurements, and does without these texts: 0.02 s to import.
        from bot.rendering.terminal.short_report import render_short
        from bot.rendering.view import make_view

        view = make_view(evidence.record, knowledge, network)
        request = evidence.record.request
        words = " ".join(filter(None, (request.code, request.platform)))
        then = () if request.assumed else (f"In the user's network, run: lineman diagnose {words}",)
        more = "lineman preflight FILE --details"
        write([Line(), *render_short(reading, evidence, view, network.quality, then, more)], sys.stdout)
    elif is_other:
        write([Line(reading.says)], sys.stdout)


def run_understand(words: Sequence[str]) -> int:
    """Print the codes, platform, and causes of a text. Return 3 if it contains nothing known."""
    options = make_understand_parser().read(words)
    knowledge = load_knowledge(quick=True)
    vocabulary = make_vocabulary(knowledge, load_network(None), ("local",))
    match = read(text_of(options.text), vocabulary, knowledge).match
    if options.json:
        print_json(_match_json(match, request_for(match, match.offered, knowledge, vocabulary)))
    else:
        write(render_readings(match, knowledge), sys.stdout)
    return OK if match.codes or match.verdict != "none" else UNANSWERED


def make_understand_parser() -> Parser:
    """Make the parser of `lineman understand`."""
    parser = Parser(
        prog="lineman understand",
        description="Find the codes, the platform, and the likely causes in a text.",
        allow_abbrev=False,
    )
    parser.add_argument("text", nargs="*", metavar="TEXT")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object: codes, platform, causes[] {id, score}"
    )
    return parser


def _match_json(match: SymptomMatch, request: Request | None) -> dict[str, Any]:
    return {
        "codes": list(match.codes),
        "platform": match.clues.get("platform"),
        "clues": dict(match.clues),
        "causes": [
            {"id": candidate.cause, "score": candidate.score, "title": candidate.title}
            for candidate in match.causes[:SHOWN]
        ],
        "verdict": match.verdict,
        "understood": understood(match),
        "diagnose": request.code if request else None,
    }
