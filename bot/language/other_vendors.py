"""Tell whether a question is about another vendor's product, a purchase, or small talk. Such questions are declined.

Pure.
"""

import re
from typing import Final

# Products that run beside the calls: "Teams has taken the microphone" may be about our calls.
_BESIDE: Final = re.compile(
    r"\b(?:zoom|(?:microsoft |ms )?teams|webex|skype|google meet|facetime|discord|slack huddles?|whatsapp|telegram|"
    r"viber|alexa|siri|google assistant|outlook|gmail|netflix|spotify|"
    r"jabber|goto|gotoconnect|gotomeeting|bluejeans|signal app|wechat|line app)(?:'s)?\b",
    re.IGNORECASE,
)
# Products that take the place of ours, often with an SDK, a relay, and a soft phone of their own.
_INSTEAD: Final = re.compile(
    r"\b(?:ringcentral|vonage|opentok|tokbox|nexmo|8x8|dialpad|aircall|genesys|five9|avaya|mitel|3cx|asterisk|freepbx|freeswitch|"
    r"kamailio|opensips|amazon (?:connect|chime)|aws (?:connect|chime)|azure communication services|cloudflare calls|"
    r"bandwidth\.com|plivo|telnyx|signalwire|"
    r"sinch|infobip|messagebird|nextiva|talkdesk|callmanager|cucm|xirsys|jitsi|agora|livekit|daily\.co|mediasoup|janus|"
    r"cloudtalk|justcall|openphone|ooma|grasshopper|google voice|bria|zoiper|linphone|sip\.js|jssip|"
    r"yealink|polycom|snom|nice cxone|freshcaller|dolby|exotel|pexip|"
    r"twilio (?:programmable )?(?:video|flex|verify|sendgrid|conversations|sms|messaging|sync|studio|segment|live)|"
    r"sendgrid)(?:'s)?\b",
    re.IGNORECASE,
)
_OURS_BESIDE: Final = re.compile(
    r"\b(?:twilio|voice sdk|sdk|lineman|our (?:app|calls?|soft ?phone|agents)|web phone|mic(?:rophone)?|headset|relay|"
    r"310\d\d|53\d\d\d)\b",
    re.IGNORECASE,
)
_OURS: Final = re.compile(r"\b(?:twilio|voice-sdk|lineman|310\d\d|534\d\d)\b", re.IGNORECASE)
_COMPARED: Final = re.compile(r"\b(?:but|while|whereas|works?|fine)\b", re.IGNORECASE)
_SIGNAL: Final = re.compile(r"(?<=[a-z] )Signal\b(?! (?:strength|quality|loss|level))")  # the messenger
_BUYING: Final = re.compile(
    r"\b(?:buy|purchase|order|price|pricing|cheap(?:er|est)?|discount)\b.*\b(?:headsets?|phones?|laptops?|numbers?|routers?|"
    r"licen[cs]es?)\b|\bhow much (?:is|are|does|do|for)\b.*\b(?:numbers?|licen[cs]es?|headsets?|minutes?|per month|sms|"
    r"short codes?|text messages?)\b|"
    r"\b(?:best|recommend\w*|favou?rite)\b[^.?]{0,20}\b(?:headsets?|laptops?|routers?|phones?|providers?|webcams?)\b"
    r"(?! setting)|\border (?:me|us) (?:an?|the|some|two)\b|"
    r"\bnumbers?\b.*\b(?:documents?|regulat\w+|bundle|proof of)\b|"
    r"\bport (?:my|our|a|the) (?:\w+ )?numbers?\b|\breset (?:my|our|the) (?:\w+ )?passwords?\b",
    re.IGNORECASE,
)
_CHATTER: Final = re.compile(
    r"\b(?:tell|know|make|write|sing|give)\b[^.?]{0,20}"
    r"\b(?:jokes?|poems?|songs?|stor(?:y|ies)|haikus?|riddles?|limericks?)\b|"
    r"\b(?:blague|chiste|witz|barzelletta|piada|poeme|gedicht)\b|"
    r"\b(?:are|r) (?:you|u) (?:an? )?(?:human|robot|bot|ai|real|person|chatgpt|alive)\b|"
    r"\bwho (?:made|built|created|wrote|programmed|coded|develops|developed) (?:you|this (?:bot|app|thing)|lineman)\b|"
    r"\bwhat time does\b[^.?]{0,30}\b(?:open|close)\b|\b(?:opening|office|business) hours\b|"
    r"\bwill it (?:rain|snow)\b|\bweather\b",
    re.IGNORECASE,
)


def is_about_others(text: str) -> bool:
    """Tell whether *text* asks about another product, a purchase, or nothing of ours."""
    text = _SIGNAL.sub("Telegram", text)
    if _BUYING.search(text) or _CHATTER.search(text):
        return True
    if _INSTEAD.search(text):
        return not _names_ours(text)
    return bool(_BESIDE.search(text) and not _OURS_BESIDE.search(text))


def is_about_rivals(text: str) -> bool:
    """Tell whether *text* is about a purchase or nothing, or describes trouble with a product in place of ours."""
    if _BUYING.search(text) or _CHATTER.search(text):
        return True
    return bool(_INSTEAD.search(text)) and not _names_ours(text) and not _COMPARED.search(text)


def _names_ours(text: str) -> bool:
    """Tell whether *text* names our product beside the other one: "Twilio Video" is another one."""
    return bool(_OURS.search(_INSTEAD.sub(" ", text)))
