"""Tell whether a text reports trouble with calls at all: no joke, no single word, no other product.

Pure.
"""

import re
from typing import Final

from bot.model.symptom_match import MatchVerdict
from knowledge.search.contrasts import WORKS, clauses

FEWEST: Final = 2  # words; one alone tells nothing

# Without one of these, a text is about something else.
_SUBJECT: Final = re.compile(
    r"\b(?:call(?:s|ed|er|ers|ing|ee)?|dial\w*|ring\w*|rang|phones?|soft ?phones?|audio|"
    r"sounds?|hear[sd]?|heard|voices?|speak\w*|"
    r"silen\w+|mic\w*|head ?sets?|head ?phones?|tokens?|jwt|log ?ins?|sign(?:s|ed)? in|"
    r"regist\w+|connect\w*|disconnect\w*|"
    r"web ?sockets?|sockets?|wss|sdk|webrtc|network|internet|wi-?fi|wlan|lan|firewall\w*|"
    r"vpn|dns|prox\w+|tls|ssl|certificates?|"
    r"udp|tcp|ports?|turn|stun|ice|nat|push\w*|notifications?|fcm|apns|edges?|regions?|signal\w*|media|"
    r"number|agents?|customers?|hang ?ups?|hung up|busy|declin\w+|timeouts?|timed out|offline|online|jitter|latency|"
    r"clock|browsers?|extensions?|csp|policy|insights|eventgw|twiml|webhook\w*|api key|"
    r"account|identity|device|app|incoming|"
    r"outgoing|inbound|outbound|does(?:n't| not) exist|resolv\w+|"
    r"gateway|codec|rate limit|too many requests|(?<![\d.])(?:429|426|50[03])(?!\.)|access)\b",
    re.IGNORECASE,
)
# Other products and services. Only with a word about calls in the browser or app is such a text ours.
_FOREIGN: Final = re.compile(
    r"\b(?:zoom|teams|webex|skype|outlook|excel|word|powerpoint|sap|jira|confluence|"
    r"netflix|youtube|whatsapp|sms|rcs|fax|e-?mails?|"
    r"mail|printers?|invoices?|billing|password|desk ?phones?|sip (?:phone|trunk)s?|"
    r"trunks?|pbx|asterisk|video|camera|screen ?shar\w+|"
    r"studio|flex|sendgrid|segment|verify|keyboard|monitor|mouse|coffee|pizza|lunch|holiday|weather|car|licen[cs]es?|"
    r"(?:registration|sign-?up|order|contact|application|web|booking) forms?|newsletters?|"
    r"bank|loan|mortgage|credit|payments?|refund|insurance|salary|payroll|xbox|playstation|nintendo|tv|television|games?|"
    r"projector|fridge|toaster|washing machine|doorbell|printer paper|card (?:was|is|got) (?:declin|refus|reject)\w*|"
    r"slack|google meet|meet|facetime|viber|telegram|spotify|server room|salesforce report|vending)\b",
    re.IGNORECASE,
)
_OURS: Final = re.compile(
    r"\b(?:calls?|dial(?:er|ing)?|soft ?phone|web ?phone|sdk|twilio|mic\w*|audio|hear|"
    r"incoming|outgoing|outbound|inbound|push|udp)\b",
    re.IGNORECASE,
)
_FOREIGN_ALWAYS: Final = re.compile(
    r"\b(?:desk ?phones?|sip (?:phone|trunk)s?|fax|sms|whatsapp|pbx)\b", re.IGNORECASE
)
# What another product says of its own sign-in or certificate decides nothing here.
PRODUCTS: Final = re.compile(
    r"\b(?:zoom|teams|webex|skype|outlook|excel|powerpoint|sap|jira|confluence|netflix|youtube|salesforce|hubspot|"
    r"zendesk|gmail|sharepoint|onedrive|dropbox|github|gitlab|office 365|active directory|sendgrid|spotify|"
    r"jenkins|bitbucket|docker|npm|kubernetes|google (?:drive|calendar|maps|ads|docs|analytics|fonts)|facebook|"
    r"instagram|linkedin|stripe|paypal|shopify|wordpress|workday|notion|trello|asana|figma|netsuite|dynamics 365|"
    r"power bi|tableau)\b",
    re.IGNORECASE,
)
# What is heard in another product is not ours, even if it sounds like it: its calls, "in Teams", "Teams sounds".
_MEDIA: Final = (
    r"(?:zoom|(?:ms |microsoft )?teams|webex|skype|whatsapp|facetime|google meet|viber|telegram|slack|signal|discord|"
    r"netflix|youtube|spotify|twitch|minecraft|fortnite|xbox|playstation|alexa|siri|radio|television|tv)"
)
_THEIRS: Final = re.compile(
    rf"\b{_MEDIA}(?:'s)?\s+(?:(?:audio|video|voice|phone)\s+)?(?:calls?|meetings?|huddles?|calling|webinars?|streams?|"
    r"sessions?|channels?|servers?|conferences?|sounds?|audio|video|freez\w+|lags?|stutters?|(?:is|are|was|has|had)\b)|"
    rf"\b(?:in|on|during|over|from) (?:(?:our|the|a|my|every|all) )?{_MEDIA}\b",
    re.IGNORECASE,
)
_TAKES: Final = re.compile(  # "Teams has taken the microphone" is about ours
    rf"\b{_MEDIA}\b[^.\n]{{0,30}}\b(?:open|running|closed|tak\w+|took|uses?|using|has taken|holds?)\b",
    re.IGNORECASE,
)
_OUR_NAME: Final = re.compile(
    r"\b(?:twilio|sdk|soft ?phone|web ?phone|dialer|(?:your|our|the) app)\b", re.IGNORECASE
)
# Nothing is wrong, or no longer.
_WELL: Final = re.compile(
    r"\b(?:(?:all|every\w*|calls?|it|audio|sound|that|this)\b[^.\n]{0,25}\b(?:is|are|was|were|works?|working|runs?)\b"
    r"[^.\n]{0,15}\b(?:fine|ok(?:ay)?|good|well|again|perfect\w*|now|great)|"
    r"(?:is|was|has been|got) (?:resolved|solved|fixed|closed)|(?:no|without) (?:problem|issue|trouble)s?\b)",
    re.IGNORECASE,
)
# It was wrong, and is no longer: "audio was missing last week, it is solved now".
_RECOVERED: Final = re.compile(
    r"\b(?:(?:works?|working|fine|ok(?:ay)?) again (?:since|now|today)|"
    r"since then (?:(?:all|everything|it|they)\b ?)?(?:(?:is|are|has been|have been)\b ?)?"
    r"(?:fine|ok(?:ay)?|well|good|works?)|"
    r"(?:is|are|was|were|been|'s) (?:solved|fixed|resolved|cured)(?: (?:now|again|since|today))?|"
    r"(?:problems?|issues?|errors?|trouble|\d{5}) (?:is|are|was|were|has|have been) (?:gone|over))\b",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    r"\b(?:was|were|had|used to|yesterday|earlier|previously|last (?:night|week|month|year|\w+day)|until \w+|ago)\b",
    re.IGNORECASE,
)
_NO_TROUBLE: Final = re.compile(r"\b(?:no|without) (?:problem|issue|trouble)s?\b", re.IGNORECASE)
_ASKS: Final = re.compile(
    r"^\W*(?:which|what|how|can|could|may|do|does|is|are|where|when|who|should)\b", re.IGNORECASE
)
_FAULT: Final = re.compile(
    r"\b(?:no|not|never|cannot|nothing|nobody|fail\w*|error|drop\w*|lost|los\w+|block\w*|"
    r"silen\w+|broken|wrong|stuck|problem|"
    r"issue|unsuccessful|down|dead|stop\w*|slow|bad|lag\w*|delay|expire\w*|invalid|"
    r"refus\w*|reject\w*|den(?:y|ied)|disconnect\w*|hang\w*|"
    r"time[sd]? ?out|timeout|crash\w*|missing|unable|only|freez\w*|froze\w*|break\w*|broke|cut\w*|choppy|echo\w*|"
    r"robot\w*|distort\w*|noise|poor|worse|jitter\w*)\b|n't\b",
    re.IGNORECASE,
)


def is_of_another_product(words: str) -> bool:
    """Tell whether *words* name another product or service, but not ours."""
    return bool(PRODUCTS.search(words) and not _OURS.search(words) and not _OUR_NAME.search(words))


def tempered(verdict: MatchVerdict, whole: str, words: str) -> MatchVerdict:
    """Claim nothing of trouble that is over or of another product, and less if *words* name nothing of ours.

    *words* are what the *whole* text says of now.
    """
    if is_over(whole) or _is_heard_elsewhere(words):
        return "none"
    is_foreign = _FOREIGN.search(words) and not _OURS.search(words) and not _OUR_NAME.search(words)
    return "close" if verdict == "sure" and is_foreign else verdict


def _is_heard_elsewhere(words: str) -> bool:
    """Tell whether *words* describe trouble in the calls or sounds of another product, and name nothing of ours."""
    if _OUR_NAME.search(words) or _TAKES.search(words):
        return False
    return any(_THEIRS.search(clause) and not WORKS.search(clause) for clause in clauses(words))


def is_over(words: str) -> bool:
    """Tell whether *words* report only trouble that is over."""
    return bool(_RECOVERED.search(words)) and not any(
        _FAULT.search(_NO_TROUBLE.sub(" ", clause))
        for clause in clauses(words)
        if not _RECOVERED.search(clause) and not _BEFORE.search(clause)
    )


def is_subject(word: str) -> bool:
    """Tell whether *word* alone is one that reports of trouble with calls contain."""
    return bool(_SUBJECT.fullmatch(word))


def is_about_calls(words: str, whole: str = "") -> bool:
    """Tell whether *words* report trouble with calls, and not one word, a joke, or another product's trouble.

    *whole* has the names of platforms as well: beside "web phone", another product may be what works.
    """
    if len(words.split()) < FEWEST or not _SUBJECT.search(words):
        return False
    if _FOREIGN_ALWAYS.search(words) or (_FOREIGN.search(words) and not _OURS.search(whole or words)):
        return False
    if _WELL.search(words) and not _FAULT.search(_NO_TROUBLE.sub(" ", words)):
        return False
    return not _ASKS.search(words) or bool(_FAULT.search(words))
