"""Tell whether a question is about another vendor's product, or about buying something. Such questions are declined.

Pure.
"""

import re
from typing import Final

_VENDORS: Final = re.compile(
    r"\b(?:zoom|(?:microsoft |ms )?teams|webex|skype|google meet|ringcentral|vonage|8x8|dialpad|aircall|genesys|"
    r"five9|avaya|mitel|3cx|asterisk|freeswitch|amazon connect|whatsapp|facetime|discord|"
    r"slack huddles?|goto|bandwidth\.com|plivo|telnyx|"
    r"sinch|messagebird|nextiva|talkdesk|jabber|callmanager|cucm|xirsys|jitsi|agora|livekit|cloudtalk|justcall|openphone|"
    r"ooma|grasshopper|google voice|bria|linphone|yealink|polycom|snom|nice cxone|freshcaller|telegram|viber|"
    r"gotoconnect|bluejeans|twilio (?:video|flex|verify|sendgrid|conversations))(?:'s)?\b",
    re.IGNORECASE,
)
_OURS: Final = re.compile(
    r"\b(?:twilio|voice sdk|sdk|lineman|our (?:app|calls?|soft ?phone|agents)|web phone|mic(?:rophone)?|headset|relay|"
    r"310\d\d|53\d\d\d)\b",
    re.IGNORECASE,
)
_BUYING: Final = re.compile(
    r"\b(?:buy|purchase|order|price|pricing|cheap(?:er|est)?|discount)\b.*\b(?:headsets?|phones?|laptops?|numbers?|routers?|"
    r"licen[cs]es?)\b|\bhow much (?:is|are|does|do|for)\b.*\b(?:numbers?|licen[cs]es?|headsets?|minutes?|per month)\b|"
    r"\bport (?:my|our|a|the) (?:\w+ )?numbers?\b|\breset (?:my|our|the) (?:\w+ )?passwords?\b",
    re.IGNORECASE,
)


def is_about_others(text: str) -> bool:
    """Tell whether *text* asks about another product or a purchase, and not about calls with the SDKs."""
    return bool(_BUYING.search(text) or (_VENDORS.search(text) and not _OURS.search(text)))
