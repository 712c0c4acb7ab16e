"""Find the platform of a paste, from the strongest reason that it gives: what wrote it, then what people call it.

Pure. The name of a package beats a user agent, a browser on a phone is JavaScript, and two platforms of equal
strength are none.
"""

import re
from typing import Final

from knowledge.search.contrasts import FAILS, WORKS, clauses

LONGEST: Final = 8_000  # characters; the form shows at the beginning
_JS, _IOS, _ANDROID, _RN = "javascript", "ios", "android", "react-native"


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


# From strong to weak. Of the first group that matches, the platform counts if all matches agree.
_REASONS: Final = (
    (
        (_RN, _of(r"voice-react-native|\bvoice_(?:register|connect|initialize\w*|get\w*)\b|"
            r"NativeEventEmitter|\bInvariant Violation\b|\bhermes\b|react-?native-(?:twilio|voice)|"
            r"RNTwilio|TwilioVoiceReactNative")),
        (_JS, _of(r"@twilio/voice-sdk|\btwilio-js-sdk\b|twilio-client(?:@|\.js|\b)|\btwilio(?:\.min)?\.js\b|"
            r"voice-js\b")),
        (_IOS, _of(r"com\.twilio\.voice\.error|\bTVO[A-Z]\w+|TwilioVoice(?:SDK)?\.(?:xc)?framework|"
            r"pod ['\"]?TwilioVoice|"
                   r"\bTwilioVoice(?: SDK)? \d|TwilioVoiceSDK|twilio-voice-ios")),
        (_ANDROID, _of(r"com\.twilio\.voice\b(?!\.error)|com\.twilio:voice-android|voice-android|"
            r"\bVoice\.RegistrationChannel\b|\b(?:Call|Registration)Exception\b")),
    ),
    (
        (_RN, _of(r"\breact[ -]?native\b|\bexpo\b")),
        (_JS, _of(r"\bTwilio\.Device\b|"
                  r"\[TwilioVoice\]\s*\[|\bWSTransport\b|\bPStream\b|\.tsx?:\d+|net::ERR_|NS_ERROR_|\bDOMException\b|"
                  r"Uncaught \(in promise\)|about:webrtc|\bchrome://|WebSocket connection to|\bAudioContext\b|"
                  r"\b(?:un)?set(?:InputDevice|SinkId)\b|\b(?:Overconstrained|NotReadable)Error\b|"
                  r"\bRequested device not found\b|\bDevicesNotFoundError\b|"
                  r"\bRTCPeerConnection\b|\bgetUserMedia\b|navigator\.|XHR ?(?:POST|GET)\b|Permissions policy|"
                  r"Content[- ]Security[- ]Policy|device\.(?:register|connect)\(|"
                      r"when device is in state|\.(?:js|html):\d+\b|\bNotAllowedError\b|"
                  r"Unhandled Promise Rejection|Mixed Content:|blocked by CORS|"
                  r"Cross-Origin Request Blocked|feature policy|\bconnect-src\b|\bCSP\b|"
                      r"\bkNWErrorDomain|\bWebSocket network error|\bERR_[A-Z]{3,20}_[A-Z_]{3,30}")),
        (_IOS, _of(r"\bNSError\b|NSURLError|NSPOSIXError|NSOSStatusError|kCFErrorDomain|kCFStreamError|POSIXErrorCode|"
                   r"\bnw_(?:socket|endpoint|connection|flow|read|protocol|proxy|resolver|path)_\w+|"
                   r"Connection \d+: (?:failed to connect|encountered error|received failure)|NSInvalidArgument|"
                   r"NSInternalInconsistency|NSRangeException|NSGenericException|libc\+\+abi|"
                   r"unrecognized selector|EXC_BAD_ACCESS|"
                   r"NSLocalized|Error Domain=|UserInfo=\{|\b\w{1,60}\[\d+:[\da-f]{2,}\]|"
                   r"\b[A-Z]{4,7}:Twilio\w{0,10}:\[|\bPushKit\b|didReceiveIncomingPush|\bCallKit\b|"
                       r"\bCXProvider|AVAudioSession|"
                   r"provider:(?:did|perform)|\bXcode\b|\bAppDelegate\b|\bObjective-?C\b")),
        (_ANDROID, _of(r"\b[VDIWEF]/[\w.$-]{1,60}\s*(?:\(\s*\d+\))?:|"
                       r"\b[VDIWEF]/[A-Z][a-z]+[A-Z]\w{1,40}\b|^[^\S\n]*\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s+\d+|"
            r"\.java:\d+|\.kt:\d+|"
                       r"\bjavax?\.(?:net|lang|io|security)\.|\bandroid\.(?:os|app|util|media|content)\.|"
                           r"\blogcat\b|\bLogcat\b|"
                       r"subjectAltNames: \[|certificate: sha(?:1|256)/|"
                       r"\bPhoneAccount\b|\bConnectionService\b|\bRECORD_AUDIO\b|\bdalvik\b|\bconscrypt\b|"
                           r"\bAndroidManifest")),
    ),
    (
        (_JS, _of(r"\b(?:chrome|crome|chorme|chromium|firefox|fierfox|microsoft edge|edge browser|in edge|edge \d{2,3}|"
            r"edge (?:and|or) chrome|opera|safari|safri|"
                  r"(?:web|java ?script|js|browser) (?:sdk|phone|client|app|dialer|softphone)|web page|"
                      r"iframe|private window|"
                  r"incognito|ad ?blocker|(?:in|of|with) (?:the |a |two |both |all |another |any )?browsers?|"
                  r"the browser's|navegador(?:es)?|navigateurs?|reload\w* (?:the )?page|"
                      r"browser (?:tab|console|extension)s?)\b|ブラウザ")),
    ),
    ((_JS, _of(r"\bMozilla/5\.0\b|\bAppleWebKit/\d")),),
    (
        (_IOS, _of(r"\b(?:ios|ipads?|iphones?|iphon|i-phones?|testflight|swift|objective-c)\b")),
        (_ANDROID, _of(r"\b(?:androids?|andriod|anroid|kotlin|pixel (?:\d+|phones?\b)|pixels\b|"
                       r"galaxy (?:[a-z]?\d+|tab|note|fold|flip)|samsung|oneplus|xiaomi|redmi|huawei)\b")),
    ),
)  # fmt: skip


def platform_evidence(text: str) -> str:
    """Return the platform that the strongest reason in *text* shows, or "" if there is none or they contradict."""
    for group in _REASONS:
        found = [platform for platform, pattern in group if pattern.search(text, 0, LONGEST)]
        if _RN in found:  # it is built on the other SDKs
            return _RN
        if found:
            return found[0] if len(found) == 1 else _failing(text[:LONGEST], group)
    return ""


def _failing(text: str, group: tuple[tuple[str, re.Pattern[str]], ...]) -> str:
    """Return the one platform of *group* that fails, where *text* says that the others work."""
    fails: set[str] = set()
    for clause in clauses(text):
        named = {platform for platform, pattern in group if pattern.search(clause)}
        if FAILS.search(clause):
            fails |= named
        elif not WORKS.search(clause):
            return ""
    return fails.pop() if len(fails) == 1 else ""
