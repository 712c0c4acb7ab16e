"""Read the output of nslookup on Unix and Windows, in the languages of Windows.

Windows translates its sentences, but not their marks: `***` before a failure, a colon after each label, and
in most languages the reason. So the marks are read, and not the sentences.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import (
    ADDRESS,
    COMMAND,
    HOST,
    ToolFacts,
    addresses_in,
    judge_addresses,
    names_in,
)
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

WORDS: Final = (
    "nslookup", "** ", "\nname", "\nnom", "\nnaam", "\nnazwa", "timed out", "berschreitung", "agot", "lai d'attente",
)  # fmt: skip
_NAME: Final = r"(?:Name|Nom|Nombre|Nome|Naam|Nazwa|名前)"
_TIMED_OUT: Final = (
    r"DNS request timed out|connection timed out; no servers|no servers could be reached|Zeitüberschreitung"
    r"|Se agotó el tiempo|délai d'attente"
)
# `***` also begins what iOS writes when an app crashes.
_FAILED: Final = r"^\*{2,3} (?!Terminating|Assertion|First throw|[^\n]{0,80}(?:Exception|-\[))\S"
SIGN: Final = LazyPattern(
    COMMAND.format(command="nslookup") + rf"|{_FAILED}|^{_NAME}[ \t]*:[ \t]+\S+\.\S+[ \t]*$|{_TIMED_OUT}",
    re.IGNORECASE | re.MULTILINE,
)
LINES: Final = LazyPattern(
    COMMAND.format(command="nslookup") + r"|^;; (?:communications error|no servers|connection timed)"
    rf"|server can't find |{_FAILED}|{_TIMED_OUT}|^[ \t]+timeout was \d+ seconds"
    rf"|^\s*(?:{_NAME}[ \t]*:\s*\S+\s*$|(?:Address(?:es)?|Aliases|Adresse|Dirección|Endereço"
    rf"|Indirizzo)[ \t]*:\s*\S+\s*$"
    rf"|(?:Server|Servidor|Serveur)[ \t]*:\s+\S+\s*$|{ADDRESS}(?:#\d+)?\s*$"
    r"|Non-authoritative answer|Nicht autorisierende|Respuesta no autoritativa|Réponse ne faisant pas"
    r"|Não é resposta|Resposta não autoritativa|Risposta da un server non)",
    re.IGNORECASE,
)

_REASONS: Final = (
    (LazyPattern(r"non-existent domain|NXDOMAIN|no existe|inexistant|nicht vorhanden", re.IGNORECASE),
     Failure.DNS_NXDOMAIN_ERROR),
    (LazyPattern(r"server failed|SERVFAIL", re.IGNORECASE), Failure.DNS_SERVFAIL_ERROR),
    (LazyPattern(r"refused", re.IGNORECASE), Failure.DNS_REFUSED_ERROR),
    (LazyPattern(rf"timed[- ]?out|no response|no answer from|no servers|{_TIMED_OUT}", re.IGNORECASE),
     Failure.DNS_TIMEOUT_ERROR),
    (LazyPattern(r"No answer|no internal type|no records", re.IGNORECASE), Failure.DNS_NO_ANSWER),
)  # fmt: skip
_WORDS: Final = {
    Failure.DNS_NXDOMAIN_ERROR: "the resolver answered NXDOMAIN",
    Failure.DNS_SERVFAIL_ERROR: "the resolver answered SERVFAIL",
    Failure.DNS_REFUSED_ERROR: "the resolver answered REFUSED",
    Failure.DNS_TIMEOUT_ERROR: "no resolver answered",
    Failure.DNS_NO_ANSWER: "the resolver gave no address",
}


def read_nslookup(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port and facts of each name that nslookup looked up."""
    asked_in = LazyPattern(rf"nslookup(?:\.exe)?\s+(?:-\S+\s+){{0,4}}{HOST}", re.IGNORECASE)
    for part in re.split(r"(?=nslookup(?:\.exe)?\s)", text, flags=re.IGNORECASE)[:20]:
        asked = asked_in.match(part)
        yield from _failed(part, asked["host"].casefold() if asked else "")
        yield from _answered(part)


def _failed(part: str, asked: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield the failures: a line with its mark, or a time limit without any answer."""
    server = re.search(
        r"^\s*(?:Server|Servidor|Serveur)[ \t]*:[ \t]*(\S+)", part, re.MULTILINE | re.IGNORECASE
    )
    resolver = server[1].casefold().rstrip(".") if server else ""
    for line in re.findall(rf"^\s*\*{{2,3}} [^\n]{{4,400}}|^[^\n]{{0,40}}(?:{_TIMED_OUT})[^\n]{{0,200}}"
        rf"|^[^\n]{{0,40}}"
                           r"server can't find [^\n]{1,300}", part, re.MULTILINE | re.IGNORECASE)[:20]:  # fmt: skip
        if re.search(r"server name for address|internal type for", line):
            continue  # the resolver has no name of its own, which no client needs
        sign = next((failure for pattern, failure in _REASONS if pattern.search(line)), None)
        others = [name for name in names_in(line) if name != resolver]
        host = asked if asked and (asked in others or not others) else next(iter(others), asked)
        if host and sign:
            yield host, 53, {"dns": "fails", "sign": sign.value, "bad": _WORDS[sign]}


def _answered(part: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield the names with their addresses, which may be on several lines."""
    found = re.finditer(
        rf"^\s*{_NAME}[ \t]*:[ \t]*{HOST}[ \t]*\n(?P<rest>(?:(?!\s*{_NAME}[ \t]*:)[^\n]{{0,200}}\n?){{1,12}})",
        part,
        re.MULTILINE | re.IGNORECASE,
    )
    answers: dict[str, list[str]] = {}
    for match in found:
        rest = re.match(
            rf"(?:[ \t]*(?:[^\s:]{{4,12}}[ \t]*:)?[ \t]*{ADDRESS}[ \t]*(?:\n|\Z)){{1,12}}",
            match["rest"],
            re.IGNORECASE,
        )
        answers.setdefault(match["host"].casefold(), []).extend(addresses_in(rest[0]) if rest else ())
    for host, addresses in answers.items():
        if facts := judge_addresses(addresses):
            yield host, 53, facts
