"""Keep of a description what its writer saw at their own calls: only there may a sign decide.

Pure. A line of a machine stays as it is. A sentence of a person stays if it names the calls or the client. Parts of it
are left out: what is asked, supposed, quoted from a guide, over, or done, and what is about another product.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.subject import PRODUCTS
from knowledge.search.contrasts import clauses

LONGEST: Final = 8_000  # characters; what is longer is a machine's
_FEW: Final = 10  # words of a message that stands alone: "access token is invalid"
_FEWEST: Final = 2  # words that only name something: "20104?"
_SHORT: Final = 100  # characters
_WORD: Final = re.compile(r"\w+")
_SENTENCE: Final = re.compile(r"(?<=[.!?;])['\")]*\s+")
_AND: Final = re.compile(r"\b(?:and|by the way)\b", re.IGNORECASE)

# Written by a machine: an address, a named error, a constant, a call of a function, a status after a name.
_MARK: Final = LazyPattern(
    r"://|\b\w*(?:Error|Exception)\b\s*[:({]|\b(?:net::)?[A-Z]{2,}_[A-Z_]{3,}\b|\bCode=-?\d|\bgetaddrinfo E\w+"
    r"|\bviolates the following\b|\w\(\)|\.(?:js|ts|kt|java|swift):\d+|\b[A-Z]\w+: \d{3}\b|[{}]"
)
_PERSON: Final = LazyPattern(
    r"\b(?:I(?!/)|[Ww]e|us|[Oo]urs?|[Mm]y|me|[Hh]e|[Ss]he|his|her|[Tt]hey|[Tt]heir|colleagues?|developers?|someone)\b"
)
# Words that tie a sentence to calls, to the client, or to what it prints.
_CALLS: Final = (
    r"calls?|called|calling|callers?|dial\w*|ring\w*|rang|(?<!sip )(?<!desk )(?<!ip )(?:soft ?|web ?)?phones?|audio"
    r"|sounds?|hears?|heard|voice|mic\w*|twilio\w*|sdk"
)
_STRONG: Final = LazyPattern(rf"\b(?:{_CALLS}|(?:20|31|53)\d{{3}})\b|chunder|voice-js", re.IGNORECASE)
_TIE: Final = LazyPattern(
    rf"\b(?:{_CALLS}|silen\w+|mute\w*|head ?sets?|regist\w+|gateway|getUserMedia|apps?|clients?|devices?|console"
    r"|log(?! (?:in|out|on)\b)|logcat|AccessToken\w+|\d{5})\b|chunder|voice-js|ers\.twilio",
    re.IGNORECASE,
)

_ASKED: Final = LazyPattern(
    r"^\W*(?:(?:and|or|so|but|hi|hello)\W+)*(?:what|which|when|where|who|how|can|could|may|might|do|does|did|is|are|was|"
    r"were|will|would|should|has|have|any)\b",
    re.IGNORECASE,
)
_WHY: Final = LazyPattern(r"^\W*(?:(?:and|so|but|hi|hello)\W+)*(?:why|how come)\b", re.IGNORECASE)
_SUPPOSED: Final = LazyPattern(
    r"\b(?:could(?! ?not|n't)|might|(?<!in )may(?! not)|would|should|suppos\w+|assum\w+|suspect\w*|perhaps|maybe|"
    r"possibl[ey]|probably|wonder\w*|guess\w*|think|thought|whether|what if|in case|seems?|"
    r"must (?:raise|throw|fail|show|say|give|return)|not (?:true|the case|correct|so) that|looks? like|sounds? like|"
    r"(?:want(?:s|ed)?|like|need) to (?:know|understand|learn)|what \w+(?: \w+)? means?|describe|"
    r"explain|tests? expects?|mock\w*|on purpose|deliberate(?:ly)?|intentional(?:ly)?|simulat\w+|to reproduce|"
    r"(?:do|does|did|have|has)(?: not|n't) (?:see|seen)|never (?:appear|occur|happen|show)\w*|"
    r"(?:nobody|no one) (?:gets|sees|has)|when (?:we|i|they|he|she) tests?|"
    r"no longer (?:see|get|have|occurs?|appears?|happens?))\b",
    re.IGNORECASE,
)
_QUOTED: Final = LazyPattern(
    r"\b(?:docs?|documentation|documented|stack ?overflow|forums?|faq|wiki|chat ?gpt|knowledge base|read ?me|"
    r"(?:your|the|this|that|an?) (?:guide|article|manual|tutorial|blog|(?:error|help|support) (?:page|table|list))|"
    r"your page|(?:guess|theory|suspicion|hypothesis|assumption)\b(?=[^:]{0,20}:)|"
    r"release notes?|change ?logs?|test cases?|quotes?|(?:i|we|he|she|they) (?:have |had )?(?:read|googled)|"
    r"according to (?!(?:the |our |its )?(?:logs?|console|sdk|app)))\b",
    re.IGNORECASE,
)
_MONTH: Final = r"january|february|march|april|may|june|july|august|september|october|november|december"
_PAST: Final = LazyPattern(
    r"\b(?:had(?! to\b)|there (?:was|were)|(?:months?|years?) ago|old logs?|"
    r"used to|once (?:denied|had|was|got)|previously|earlier|back then|"
    r"(?<!since )(?<!to )(?:yesterday|last (?:night|week|month|year|spring|summer|autumn|fall|winter|sprint|\w+day))|"
    rf"(?<!since )in (?:{_MONTH})|"
    r"before (?:the|our|this|that|last) (?:update|upgrade|change|fix|mov|migrat|switch|re(?:boot|start))\w*|"
    r"(?:until|before) (?:we|i|they|he|she|it) (?:had |have )?"
    r"(?:renewed|rotated|replaced|fixed|changed|moved|updated|switched|allowed|let))\b",
    re.IGNORECASE,
)
_DONE: Final = LazyPattern(
    r"\b(?:we|i|they|he|she|it)\b (?:(?:have|has|had|already|just|also|even) )*(?:set|turned|enabled|allowed|added|"
    r"installed|replaced|renewed|whitelisted|fixed|solved|repaired|resolved|tested|checked|ruled|excluded|removed|disabled|configured)\b",
    re.IGNORECASE,
)
_OVER: Final = LazyPattern(
    r"\b(?:(?:that|this|it|which|all)(?: is| was| has been| got|'s) (?:now |all )?"
    r"(?:fixed|solved|sorted|gone|over|resolved|fine|ok(?:ay)?|done|history)|never ?mind|"
    r"as it should|harmless|ignore (?:it|that|this)|unrelated|not related|"
    r"(?:solved|fixed|cured) (?:it|that|this)|(?:is|are|was|were) (?:expected|correct|intended|normal|by design)|"
    r"(?:calls?|softphones?|phones?|dialers?) (?:themselves |itself )?(?:is|are) "
    r"(?:not affected|unaffected|fine|ok(?:ay)?))\b",
    re.IGNORECASE,
)
_OTHER_SERVICE: Final = LazyPattern(
    r"\b(?:studio|sendgrid|http widget|jitsi|3cx|asterisk|freeswitch|sbc|"
    r"(?:our|the|their) (?!dns|turn|token|proxy|twilio|signaling|voice)\w+ servers?)\b",
    re.IGNORECASE,
)
_ELSEWHERE: Final = LazyPattern(
    r"\b(?:intranet|extranet|web ?(?:site|shop)|home ?page|(?:landing|search|camera|checkout|order|login|marketing) "
    r"(?:page|site)|(?:booking|shop|marketing|company) (?:page|site|portal)|printers?|cameras?|e-?mails?|mail|chat|"
    r"video\w*|bank\w*|shops?|invoices?|billing|newsletters?|(?:an)?other (?:app|site|page|project|product|system)s?|"
    r"staging|lab|sandbox|demo|pbx|sip (?:phones?|trunks?)|desk ?phones?|fax|"
    r"test (?:system|environment|page)|own domain|pipeline|build|bus|train)\b",
    re.IGNORECASE,
)

_SIGNED: Final = (_PERSON, _QUOTED, PRODUCTS)  # only people write so

# Complaints that nothing explains that a sign decides about: beside one of them, the rest is only told along with it.
_OTHER_TROUBLE: Final = LazyPattern(
    r"\b(?:echo\w*|beeps?|chopp\w+|crackl\w*|robot\w*|jitter\w*|stutter\w*|volume|too (?:low|loud|quiet)|delay\w*|"
    r"noise|noisy|recordings?|caller id|rings? twice|hold music|music on hold|lag\w*)\b",
    re.IGNORECASE,
)


def firsthand(text: str) -> str:
    """Return the lines of machines in *text*, and of people what they report of their own calls now."""
    if _is_left(text):
        return text
    alone = len(text.split()) <= _FEW and not _PERSON.search(text)
    return _lines(text, need_calls=not alone)


def without_remarks(text: str) -> str:
    """Return *text* without what people ask, suppose, quote, look back on, or say of other things.

    Words are best read so before their spelling is corrected: that takes "case" for "cause".
    """
    return text if _is_left(text) else _lines(text, need_calls=False)


def is_shortened(text: str, plain: str) -> bool:
    """Tell whether words of *text* are not in *plain*, which is *text* `without_remarks`."""
    return _WORD.findall(text) != _WORD.findall(plain)


def unsigned(text: str) -> str:
    """Return the lines of *text* that no person has written, for all one can see, and of people what is firsthand.

    Machines write plain sentences, too. A reader of logs knows their words.
    """
    if _is_left(text):
        return text
    return "\n".join(line if _is_unsigned(line) else firsthand(line) for line in text.split("\n"))


def _is_left(text: str) -> bool:
    """Tell whether *text* is too long for people, or too short to say more than what it names."""
    return len(text) > LONGEST or (len(text) < _SHORT and len(text.split()) <= _FEWEST)


def _lines(text: str, *, need_calls: bool) -> str:
    lines = text.split("\n")
    return "\n".join(line if is_machine(line) else _reported(line, need_calls=need_calls) for line in lines)


def is_machine(line: str) -> bool:
    """Tell by its form whether a machine wrote *line*. Logs are only one such form."""
    return bool(_MARK.search(line)) and not any(pattern.search(line) for pattern in _SIGNED)


def _is_unsigned(line: str) -> bool:
    return not (line.rstrip().endswith("?") or _ELSEWHERE.search(line)) and not any(
        pattern.search(line) for pattern in _SIGNED
    )


def _reported(line: str, *, need_calls: bool) -> str:
    """Return the sentences of *line* that report something; if they *need_calls*, only those that name them."""
    sentences = _SENTENCE.split(line)
    complaints = [sentence for sentence in sentences if _OTHER_TROUBLE.search(sentence)] if need_calls else []
    kept = []
    for sentence, after in zip_longest(sentences, sentences[1:], fillvalue=""):
        over = _OVER.search(sentence) or _OVER.match(after.lstrip("'\" "))
        told_along = complaints and sentence not in complaints
        rest = "" if over or told_along or _QUOTED.search(sentence) else _without_remarks(sentence)
        if rest and (_TIE.search(rest) or not need_calls):
            kept.append(rest)
    return " ".join(kept)


def _without_remarks(sentence: str) -> str:
    """Return *sentence* without its parts that ask, suppose, look back, or are about something else."""
    parts = list(_parts(sentence))
    kept = [part for part in parts if not _is_remark(part)]
    if _asks(sentence):
        asks_at_end = not _ASKED.search(sentence) and _ASKED.search(parts[-1])
        kept = [part for part in kept if part is not parts[-1]] if asks_at_end else []
    return sentence if kept == parts else ", ".join(kept)


def _asks(sentence: str) -> bool:
    """Tell whether *sentence* asks. "20104?" names a code, and "why" takes for granted what it asks about."""
    if not sentence.rstrip("'\") ").endswith("?") or len(sentence.split()) <= _FEWEST:
        return False
    return not _WHY.search(sentence)


def _parts(sentence: str) -> Iterator[str]:
    for clause in clauses(sentence):
        yield from (part.strip() for part in _AND.split(clause) if part.strip())


def _is_remark(part: str) -> bool:
    if any(pattern.search(part) for pattern in (_SUPPOSED, _PAST, _DONE, _OTHER_SERVICE)):
        return True
    return bool((_ELSEWHERE.search(part) or PRODUCTS.search(part)) and not _STRONG.search(part))
