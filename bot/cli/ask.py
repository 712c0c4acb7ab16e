"""Run `lineman ask`: answer a question from the knowledge, with sources."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from bot.cli.parser import NETWORK_FILE, Parser
from bot.cli.text_command import OK, UNANSWERED, print_json, text_of
from bot.errors import unknown_word
from bot.language.answer import Answer
from bot.language.answering import answer_question
from bot.language.case_context import CaseContext
from bot.language.llm_settings import read_endpoint
from bot.language.rewording import reword_now
from bot.model.vocabulary import make_vocabulary
from bot.rendering.terminal.answer import render_answer
from bot.rendering.terminal.console import write
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network


def run_ask(words: Sequence[str]) -> int:
    """Print the answer to a question with its sources. Return 3 without an answer."""
    options = make_parser().read(words)
    endpoint = read_endpoint(os.environ)
    knowledge, network = load_knowledge(quick=True), load_network(options.network)
    vocabulary = make_vocabulary(knowledge, network, ("local",))
    platform = options.platform.casefold()
    about = CaseContext(
        code=_known("an error code known here", options.code, knowledge.errors),
        platform=vocabulary.platforms[_known("a platform", platform, vocabulary.platforms)]
        if platform
        else "",
        edge=_known("an edge", options.edge.casefold(), vocabulary.edges),
        causes=tuple(filter(None, [_known("a cause", options.cause.casefold(), knowledge.causes)])),
    )
    text = text_of(options.text)
    answer = reword_now(text, answer_question(text, about, knowledge, network), about.evidence, endpoint)
    if options.json:
        print_json(answer_json(answer))
    else:
        write(render_answer(answer), sys.stdout)
    return OK if answer.answered else UNANSWERED


def make_parser() -> Parser:
    """Make the parser of `lineman ask`."""
    parser = Parser(
        prog="lineman ask",
        description="Answer a question from the documentation, with sources. Lineman says so if it has no answer.",
        allow_abbrev=False,
    )
    parser.add_argument("text", nargs="*", metavar="TEXT", help="the question")
    for name, what in (
        ("code", "the error code of the case"),
        ("platform", "the SDK's platform"),
        ("edge", "the edge set in the app"),
        ("cause", "a cause that was found"),
    ):
        parser.add_argument(f"--{name}", help=what, default="")
    parser.add_argument("--network", metavar="FILE", help=NETWORK_FILE)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object: answered, sure, answer, sources[], closest[], phrased",
    )
    return parser


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return the answer as `lineman ask --json` prints it. `sentences` lists the sources of each."""
    return {
        "answered": answer.answered,
        "sure": answer.certain,
        "answer": answer.text,
        "sentences": [
            {"text": sentence.text, "sources": [sentence.source, *sentence.also]}
            for sentence in answer.sentences
        ],
        "sources": [
            {
                "file": source.file,
                "title": source.title,
                "references": [{"title": ref.title, "url": ref.url} for ref in source.references],
            }
            for source in answer.sources
        ],
        "closest": [{"id": name, "title": title} for name, title in answer.closest],
        "score": answer.score,
        "phrased": answer.phrased,
        "because": answer.because,
        "language": answer.language,
    }


def _known(kind: str, word: str, known: Any) -> str:
    if word and word not in known:
        raise unknown_word(kind, word, known, "lineman knowledge list")
    return word
