"""Patterns for secrets: tokens by their form, passwords by the name next to them, and harmless look-alikes.

Pure data. Every pattern takes time proportional to the length of the text.
"""

import re
from typing import Final

JWT: Final = "access token"
TWILIO: Final = "Twilio credential"
SLACK: Final = "Slack token"
CREDENTIAL: Final = "TURN credential"
PASSWORD: Final = "password"  # noqa: S105 - the name of a kind
AUTHORIZATION: Final = "authorization header"
PRIVATE_KEY: Final = "private key"
API_KEY: Final = "API key"

# Forms that identify a secret anywhere. RFC 7519: a JWT's first part is JSON, `{"` in base64url.
BY_FORM: Final = (
    (JWT, re.compile(r"eyJ[\w-]{10,}+(?:\.[\w-]{4,}+(?:\.[\w-]*+)?)?", re.ASCII)),
    (
        SLACK,
        re.compile(
            r"(?<![A-Za-z0-9])(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[\w-]{10,}+", re.ASCII | re.IGNORECASE
        ),
    ),
    # A webhook or response address is enough to post.
    (SLACK, re.compile(r"(?<=hooks\.slack\.com/)[^\s\"'<>|)]{8,}+", re.IGNORECASE)),
    # Account and API key SIDs are user names of HTTP Basic. Call SIDs are not secret and stay.
    (TWILIO, re.compile(r"(?<![A-Za-z0-9])(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])", re.IGNORECASE)),
    # An auth token is 32 hexadecimal digits. An API key's secret is 32 lower-case letters, capitals and
    # digits. After `00-` it is a trace id (W3C Trace Context), which stays.
    (TWILIO, re.compile(r"(?<!\w)(?<!00-)[A-Za-z0-9]{32}(?!\w)")),
    (
        API_KEY,
        re.compile(
            r"(?<![A-Za-z0-9])(?:gh[oprsu]_|github_pat_|glpat-|sk_live_|rk_live_|sk-|SG\.|npm_)[\w.-]{20,}+"
        ),
    ),
    (API_KEY, re.compile(r"(?<![A-Za-z0-9])(?:A[KS]IA[0-9A-Z]{16}|AIza[\w-]{35})(?![A-Za-z0-9])")),
    # RFC 3986 user information, and a form that some TURN URLs have: user:password@host.
    (CREDENTIAL, re.compile(r"(?<=://)[^\s/@\"'<>]{1,512}+(?=@)")),
    (CREDENTIAL, re.compile(r"(?<![A-Za-z])(?:turns?|stuns?):([^\s/@\"'<>?]{1,512}+)(?=@)", re.IGNORECASE)),
    # SDES keys in pasted SDP (RFC 4568); ICE passwords are found by name.
    (CREDENTIAL, re.compile(r"\binline:([A-Za-z0-9+/=|]{20,}+)")),
    # curl -u user:password
    (
        PASSWORD,
        re.compile(r"(?<!\w)(?:-u|--user|--proxy-user)[ =][\"']?([^\s\"':]{1,256}+:[^\s\"']{1,512}+)"),
    ),
)

# Forms of fixed length, found even if lines break inside them; stops before the text after them on the new
# line.
BROKEN: Final = (
    (TWILIO, re.compile(r"(?<![A-Za-z0-9])(?:AC|SK)[0-9a-f]{32}", re.IGNORECASE)),
    (TWILIO, re.compile(r"(?<!\w)(?<!00-)[A-Za-z0-9]{32}")),
    (SLACK, re.compile(r"xoxb-\d{9,14}-\d{9,14}-[A-Za-z0-9]{24}")),
    (SLACK, re.compile(r"xox[aeoprs]-(?:\d{9,14}-){2,3}[0-9a-f]{32}")),
    (SLACK, re.compile(r"xapp-\d-[A-Z0-9]{9,14}-\d{9,14}-[0-9a-f]{64}")),
)
BROKEN_JWT: Final = re.compile(r"(eyJ[\w-]{10,}+)\.eyJ[\w-]{4,}+\.", re.ASCII)
SIGNATURE: Final = re.compile(r"[\w-]*+", re.ASCII)
# Base64url characters of a signature by algorithm (RFC 7518); Twilio's tokens are HS256.
SIGNED: Final = {"HS256": 43, "HS384": 64, "HS512": 86, "ES256": 86, "ES384": 128, "RS256": 342, "PS256": 342}

# The rest of a long, wrapped token: digits, capitals and small letters, too long for a word or a run id.
NEXT_LINE: Final = re.compile(r"[ \t]{0,8}\\?\r?\n[ \t>|]{0,40}([\w+/=-]{16,}+)", re.ASCII)

BEGIN: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----")
END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----")
KEY_LINES: Final = re.compile(
    r"(?:(?:\s|\\[nr])*+(?:(?:Proc-Type|DEK-Info|Version|Comment): [^\n\\]*+|[A-Za-z0-9+/=]{20,}+))*+"
    r"(?:(?:\s|\\[nr])*+[A-Za-z0-9+/]{1,63}={1,2})?"
)

# HTTP headers with credentials: the value is in quotes, or has a scheme, or looks random.
HEADER: Final = re.compile(
    r"(?<!\w)(?:(?:proxy-)?authorization|(?P<cookie>(?:set-)?cookie)|x-twilio-signature)"
    r"\\?[\"']?\s{0,3}(?:[:=]|=>)\s{0,3}(?P<quote>\\?[\"']?)",
    re.IGNORECASE,
)
SCHEME: Final = re.compile(
    r"(?:bearer|basic|token|apikey|negotiate|ntlm)[ \t]+[^\s\"'<>]+|(?:digest|hawk|aws4-hmac-sha256)[ \t][^\n]*"
    r"|(?=\S*[0-9=+/])[^\s\"'<>]{8,}",
    re.IGNORECASE,
)
BEARER: Final = re.compile(r"\b(?:bearer|basic)\s{1,3}(?=[\w.~+/-]*[0-9=])([\w.~+/=-]{8,}+)", re.IGNORECASE)

# Names of secrets in JSON, YAML, query strings, environments and sentences.
NAMED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z0-9]{1,20}[_-])?(?P<name>"
    r"pass(?:word|wd|phrase|code)|pwd|(?:ice|turn)[_ -]?(?:password|pwd|credential)|credentials?|"
    r"(?:(?:api|client|app|shared|signing|webhook|key|auth)[_ -]?){0,3}secret(?:[_ -]?(?:access[_ -]?)?key)?|"
    r"(?:(?:auth|access|refresh|id|api|bot|app|user|session|bearer|slack|twilio|registration|device|fcm|push|x|csrf)"
    r"[_ -]?){0,3}token|"
    r"api[_ -]?key|private[_ -]?key|jwt|user[_-]?name"
    r")(?P<after>\\?[\"'`]?\s{0,3}(?:=>|[:=]|%3D)\s{0,3}|\s{1,3}(?:is|was|are)[: ]\s{0,2})",
    re.IGNORECASE,
)
# In quotes, one line break is allowed, inside a token.
QUOTED: Final = re.compile(
    r"\\+[\"'](?P<escaped>(?:[^\"'\\\n]|\\(?![\"'])){1,4096}+)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.|\n(?=[^\s\"]{1,400}\")){1,4096}+)\""
    r"|'(?P<single>(?:[^'\\\n]|\\.|\n(?=[^\s']{1,400}')){1,4096}+)'|`(?P<tick>[^`\n]{1,4096}+)`"
)
OPENED: Final = re.compile(r"\\?[\"'`]")  # and never closed
PLAIN: Final = re.compile(r"[^\s&\"'`<>]{1,4096}+")
TRAILING: Final = ",.;:)]}!?*_"

# Values in the place of a secret that are not secret.
HARMLESS: Final = re.compile(
    r"(?:null|none|nil|undefined|true|false|yes|no|missing|wrong|invalid|expired|empty|required|ok|unknown|string|str|"
    r"bad|not|set|unset|given|correct|incorrect|fine|valid|the|a|an|what|where|\.\.\.|…|\*+|x+|-+|"
    # Answers that people give by name, such as token=wrong-key; a test compares them with the knowledge.
    r"y|n|good|old|key|signature|grant|wrong-key|no-grant|"
    r"\$\{?\w*\}?|(?:process\.)?env\b.*|os\.environ.*)",
    re.IGNORECASE | re.DOTALL,
)
CODE: Final = re.compile(r"\d{1,6}")  # next to a token, this is an error code
REMOVED: Final = re.compile(r"\\?[\"'`]?\[[A-Za-z ]{1,30} removed\]")  # already redacted
# Mostly ordinary words follow "is"; a secret has digits, or capitals inside.
TELLING: Final = re.compile(r"(?=.*\d|.*[a-z][A-Z]|.*[^\w\s.,;:!?'-])\S{6,}", re.DOTALL)
