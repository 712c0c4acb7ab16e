"""A paste of several forms is one reading: rule 1 of the layout's list of rules that existed twice."""

import json

from bot.intake.clues import Reading
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.intake.samples import SAMPLES

KNOWLEDGE = load_knowledge()
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(), ("local",))
LOG = "2026-11-28 10:00:00 [WSTransport] ConnectionError (53000): refused"
DIG = "; <<>> DiG 9.18.1 <<>> voice.example.com\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1"


def reading_of(text: str) -> Reading:
    return read(text, VOCABULARY, KNOWLEDGE)


def test_words_a_log_a_report_and_a_tool_are_read_together() -> None:
    """Each reader has its piece, and the words around them say the platform, the answers and the cause."""
    report = json.dumps(SAMPLES["ios"](), indent=1)
    reading = reading_of(f"no audio on VPN on his iPhone\n{LOG}\n{report}\n{DIG}\n")
    assert [piece.kind for piece in reading.pieces] == ["prose", "log", "report", "tool"]
    assert [report.form for report in reading.reports] == ["ios", "log"]
    assert [item.target.host for item in reading.pasted] == ["voice.example.com"]
    assert (reading.clues["platform"], reading.clues["vpn"], reading.codes) == ("ios", "yes", ("53000",))
    assert reading.match.causes[0].cause == "vpn-in-the-way"
    assert "preflight report" in reading.says
    assert "dig about voice.example.com" in reading.says


def test_a_code_in_words_beside_a_report_is_no_evidence() -> None:
    """Words that name a code make no log of it where the device's own report is there."""
    reading = reading_of(f"we had error 31009\n{json.dumps(SAMPLES['android']())}")
    assert [report.form for report in reading.reports] == ["android"]
    assert reading.codes == ("31009",)


def test_a_bare_number_is_a_code_in_words_and_not_in_a_log() -> None:
    """The same number beside the same vocabulary: what stands around it decides."""
    assert reading_of("customer gets 31009 all day").codes == ("31009",)
    assert reading_of("2026-11-28 10:00:00.123 D/Voice: worker 31009 started").codes == ()
    assert reading_of("2026-11-28 10:00:00.123 E/Voice: error 31009").codes == ("31009",)


def test_a_named_code_has_its_context_and_a_quote_without_secrets() -> None:
    """The quote is the line, and a token on that line is not in it."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJTSzAxMjMifQ.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
    (named,) = reading_of(f"first\nerror 31009 with {token}").named_codes
    assert (named.code, named.context) == ("31009", "after a word for it")
    assert named.quote.startswith("error 31009 with")
    assert token not in named.quote


def test_without_words_to_know_nothing_is_read_of_words() -> None:
    """Without a vocabulary there are no codes and clues; without the knowledge there are no causes."""
    text = "no audio on VPN, error 31009"
    bare, words = read(text), read(text, VOCABULARY)
    assert (bare.codes, dict(bare.clues), bare.match.causes) == ((), {}, ())
    assert (words.codes, dict(words.clues), words.match.causes) == (("31009",), {"vpn": "yes"}, ())
