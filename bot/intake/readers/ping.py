"""Read the output of ping on Unix and Windows, in the languages of Windows.

Many hosts and firewalls do not answer ping. So silence is noted as such, and points to nothing.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import COMMAND, ToolFacts, names_in
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.loss import LEAST, is_beyond_chance
from probes.protocol.failures import Failure

_SENT: Final = (
    r"Pinging|Ping wird ausgeführt|Haciendo ping|Envoi d.une requête|Esecuzione di Ping|Disparando"
    r"|Bezig met pingen"
)
_UNNAMED: Final = (
    r"could not find host|konnte Host|no pudo encontrar el host|n.a pas pu trouver l.hôte|Impossibile trovare l.host"
    r"|não pôde encontrar o host|cannot resolve|unknown host|Name or service not known|failure in name resolution"
)
SIGN: Final = LazyPattern(
    COMMAND.format(command="ping6?")
    + rf"|^(?-i:PING) \S|^ping6?: |^(?:{_SENT}) |{_UNNAMED}|^--- \S+ ping statistics",
    re.IGNORECASE | re.MULTILINE,
)
LINES: Final = LazyPattern(
    COMMAND.format(command="ping6?")
    + rf"|^(?-i:PING) \S|^ping6?: |^(?:{_SENT}) |{_UNNAMED}|^\d+ bytes from |icmp_seq[= ]\d|packets transmitted"
    r"|^(?:rtt|round-trip) min/avg/max|^--- \S+ ping statistics|(?:bytes|Bytes|octets|byte)=32 "
    r"|\(\d+ ?% (?:loss|Verlust|perdidos|persi|de perda|verlies)\)|\(perte \d+ ?%\)"
    r"|^(?:Request timed out|Zeitüberschreitung der Anforderung|Tiempo de espera agotado|Délai d.attente"
    r"|Richiesta scaduta"
    r"|Esgotado o tempo|General failure|Allgemeiner Fehler|Error general|Défaillance générale)",
    re.IGNORECASE,
)  # fmt: skip
_LOSS: Final = LazyPattern(
    r"(\d{1,3})(?:[.,]\d+)? ?% (?:packet loss|loss|Verlust|perdidos|persi|de perda|verlies)|perte (\d{1,3}) ?%",
    re.IGNORECASE,
)
_DOWN: Final = LazyPattern(
    r"Network is unreachable|No route to host|General failure|Allgemeiner Fehler|Error general|Défaillance générale",
    re.IGNORECASE,
)
_AVERAGE: Final = LazyPattern(
    r"min/avg/max[^=\n]{0,20}= ?[\d.]+/([\d.]+)/|(?:Average|Mittelwert|Media|Moyenne|Média)[ \t]?= ?(\d+) ?ms"
)
_SENT_COUNT: Final = LazyPattern(
    r"\b(\d{1,6}) packets transmitted|\(\d[^\n]{0,20}%|[:,] ?[^\n=]{3,20} ?= ?(\d{1,6})[,;]"
)
_MUCH: Final = 0.03  # the rate of loss that calls suffer from


def read_ping(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port 0, and facts of each host that was pinged."""
    for part in re.split(
        rf"(?=^(?-i:PING) \S|^(?:{_SENT}) |^[^\n]{{0,200}}[$#>%]\s*ping6?\s)",
        text,
        flags=re.MULTILINE | re.IGNORECASE,
    )[:20]:
        head = next((name for line in part.split("\n")[:4] for name in names_in(line)), "")
        if unnamed := re.search(
            rf"^[^\n]{{0,200}}(?:{_UNNAMED})[^\n]{{0,200}}", part, re.MULTILINE | re.IGNORECASE
        ):
            host = next(iter(names_in(unnamed[0])), head)
            if host:
                yield host, 53, _unnamed(unnamed[0])
        elif head and (facts := _answers(part)):
            yield head, 0, facts


def _unnamed(line: str) -> ToolFacts:
    temporary = "temporary failure" in line.casefold()
    sign = Failure.DNS_TIMEOUT_ERROR if temporary else Failure.DNS_NO_ANSWER
    return {"dns": "fails", "sign": sign.value, "bad": "the name could not be looked up"}


def _answers(part: str) -> ToolFacts:
    """Return what came back: answers, losses, or nothing."""
    if _DOWN.search(part):
        return {"sign": Failure.NETWORK_UNREACHABLE.value, "bad": "this host had no route"}
    match, took = _LOSS.search(part), _AVERAGE.search(part)
    if not (match or took):
        return {}
    loss = int(match[1] or match[2]) if match else None
    facts: ToolFacts = {"ping": "silent" if loss == 100 else "answers"}
    if loss is not None and loss < 100:
        facts["loss_percent"] = loss
    if took:
        facts["rtt_ms"] = float(took[1] or took[2])
    sent = _SENT_COUNT.search(part)
    packets = int(sent[1] or sent[2]) if sent else 0
    if (
        loss is not None
        and loss < 100
        and packets >= LEAST
        and is_beyond_chance(loss / 100 * packets, packets, _MUCH)
    ):
        facts |= {"sign": "packet_loss", "bad": f"{loss} % of the packets were lost"}
    return facts
