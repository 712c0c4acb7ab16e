"""Patterns for secrets by the name next to them, for tokens with line breaks inside, and for harmless look-alikes.

Pure data. Every pattern takes time proportional to the length of the text.
"""

import re
from typing import Final

Found = tuple[int, int, str]  # from, to, kind

JWT: Final = "access token"
TWILIO: Final = "Twilio credential"
SLACK: Final = "Slack token"
CREDENTIAL: Final = "TURN credential"
PASSWORD: Final = "password"  # noqa: S105 - the name of a kind
AUTHORIZATION: Final = "authorization header"
PRIVATE_KEY: Final = "private key"
API_KEY: Final = "API key"
PUSH: Final = "push token"

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
# In the place of a value in scripts and manuals: Bearer $TOKEN.
VARIABLE: Final = re.compile(
    r"(?:(?:bearer|basic|token)[ \t]+)?(?:\$\{?[A-Z_]\w*\}?|%[A-Z_]+%|\{\{[^{}]*\}\}|<[\w -]+>)\\?[\"']?",
    re.IGNORECASE,
)
BEARER: Final = re.compile(
    r"\b(?:bearer|basic)\s{1,3}(?![a-z_]{2,24}=[^=\s])(?=[\w.~+/-]*[0-9=])([\w.~+/=-]{8,}+)", re.IGNORECASE
)

# Read with Latin letters where these look the same.
RUSSIAN: Final = r"[\u043fn][\u0430a][\u0440p][\u043eo]\u043b\u044c"
# Words for a password in the languages that pastes come in.
TRANSLATIONS: Final = (
    r"pass(?:word|wd|phrase|code)|pwd|passwort|kennwort|contrase[ñn]a|clave(?:[ _+]de[ _+]acceso)?|"
    r"mot[ _+-]?de[ _+-]?passe|mdp|senha|palavra[ _+-]?passe|parola[ _]?d['\u2019]?ordine|parola[ _]?chiave|wachtwoord|"
    rf"has[łl]o|l[öo]senord|{RUSSIAN}|geheime[rs]?[ _]schl[üu]ssel|cl[ée][ _]secr[èe]te|chave[ _]secreta|"
    r"chiave[ _]segreta|token[ _]d[ie][ _]acc?es[so]o|jeton[ _]d['\u2019]acc[èe]s"
)
# In writing without spaces, they may follow a letter: SIP密码.
UNSPACED: Final = (
    r"[パハ]スワー[ドト]|暗証番号|(?:認証|アクセス)トークン|秘密鍵|シークレットキー|密码|密碼|令牌|"
    r"密钥|密鑰|비밀번호|토큰|비밀키"
)
# Names of secrets in JSON, YAML, query strings, environments and sentences.
NAMES: Final = (
    rf"{TRANSLATIONS}|{UNSPACED}|(?:ice|turn)[_ -]?(?:password|pwd|credential)|credentials?|"
    r"(?:(?:api|client|app|shared|signing|webhook|key|auth)[_ -]?){0,3}secret(?:[_ -]?(?:access[_ -]?)?key)?|"
    r"(?:(?:auth|access|refresh|id|api|bot|app|user|session|bearer|slack|twilio|registration|device|fcm|push|x|csrf)"
    r"[_ -]?){0,3}token|"
    r"api[_ -]?key|account[_-]?key|(?:shared[_ -]?)?access[_ -]?key|private[_ -]?key|jwt|user[_-]?name"
)
# In lower case, which is three times as fast as to ignore the case.
NAMED: Final = re.compile(rf"(?<![a-z0-9])(?:{NAMES})|{UNSPACED}")
# What may separate a name from its value: an assignment, a verb, a table's bar, space, or an option's space.
BETWEEN: Final = re.compile(
    r"(?P<assigned>(?:[\"'`]?\]|\[\]|\*{1,2}|\\{0,7}[\"'`]?)(?::[ ]?[Ss]tr(?:ing)?(?=[ ]?=))?"
    r"(?:[ ]\([^()\n]{1,30}\))?(?:\s{0,3}|[ ]{4,40})(?:=>|:=|[:=]|%3D)\*{0,2}\s{0,3}"
    r"(?:(?<=[\n ])-[ ])?)"
    r"|(?P<verb>\s{1,3}(?:is|was|are|ist|war|lautet|es|est|è|é|foi|era)[: ]\s{0,2}|は[ \u3000]?"
    r"|[는은][ ]|\s{0,3}(?:->|\u2192|[是为為])\s{0,3})"
    r"|(?P<bar>[ \t]{0,20}[|│┃║][ \t]{0,20})|(?P<gap>[ \t]{1,20})",
    re.IGNORECASE,
)
# Before the name of an option: any value counts that is not the next option.
OPTION: Final = re.compile(r"(?<![\w-])--?(?:[A-Za-z0-9]{1,20}-)?\Z")
# Inside a longer name, as PGPASSWORD or turnCredential; and the short names that are also words of their own.
INNER: Final = re.compile(
    r"(?:(?P<name>(?<=[A-Za-z0-9])(?:pass(?:word|wd|wort)|kennwort|motdepasse|senha|wachtwoord|credential|secret)|(?<=[A-Za-z0-9]_)pass|(?<=[a-z])(?-i:Pass))|(?<![\w-])(?P<short>pass|pw|psk))"
    r"(?:[\"'`]?\]|\[\]|\*{1,2}|\\{0,7}[\"'`]?)\s{0,3}(?:=>|[:=]|%3D)\*{0,2}\s{0,3}",
    re.IGNORECASE,
)
# The name of a secret as a value, and the secret next to it: settings in XML, HAR files, variables of containers.
PAIR: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:key|name|id)\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?[\w.:-]{0,40}?"
    rf"(?P<name>(?:proxy-)?authorization|(?:set-)?cookie|pass|{NAMES})"
    r"\\?[\"']?[\s,;]{1,40}\\?[\"']?value\\?[\"']?\s{0,3}[:=]\s{0,3}",
    re.IGNORECASE,
)
ELEMENT: Final = re.compile(
    r"<(?:[A-Za-z0-9]{1,20}[:_-])?(?-i:[A-Za-z][a-z0-9]{0,20}(?:[A-Z][a-z0-9]{1,20}){0,3}(?=[A-Z]))?"
    rf"(?P<name>pass|{NAMES})(?:_?\d{{1,2}}_?)?(?:[ \t][^<>\n]{{0,200}})?>"
    r"(?:<!\[CDATA\[)?(?P<value>[^<>\n]{1,4096}?)(?:\]\]>)?</",
    re.IGNORECASE,
)
# The same in a property list of Apple's, and in a form of HTTP (RFC 7578).
PROPERTY: Final = re.compile(
    rf"<key>[\w .:-]{{0,40}}?(?P<name>{NAMES})</key>\s{{0,40}}<string>(?P<value>[^<>\n]{{1,4096}})</",
    re.IGNORECASE,
)
PART: Final = re.compile(
    rf"form-data;[ ]?name=\"?[\w.-]{{0,40}}?(?P<name>{NAMES})\"?[^\r\n]{{0,200}}\r?\n"
    r"(?:[^\r\n]{1,200}\r?\n){0,5}\r?\n(?P<value>[^\r\n]{1,4096})",
    re.IGNORECASE,
)
# A value that nobody writes but as a secret: letters and digits mixed, and no version, date, unit, or host.
SECRET_WORD: Final = re.compile(
    r"(?=\S*\d)(?=\S*[^\W\d_])(?!v?\d+(?:[.:-]\d+)+)(?!\d+(?:ms|s|kb|mb|b|%|x|th|st|nd|rd)?\b)(?!0x)"
    r"(?![\w.-]+\.[a-z]{2,}(?![\w.-]))"
    r"(?![A-Za-z]{2,4}\d{0,2}[,.;:]?\Z)[^\s=<>(){}\[\]|/]{6,256}",
    re.IGNORECASE,
)
# After a name: Password SIP.
OF_WHAT: Final = r"(?:[ _-](?:sip|turn|voip|stun|vpn|wifi|wi-fi|smtp|imap|ftp|web|api|db|admin|user|trunk))?"
# The head of a column; and where one may be, in lower case: before a separator, or at the end of a line.
COLUMN: Final = re.compile(
    rf"(?!(?:the|your|my|a|an|no|any|this|das|dein|el|la|su|le|votre|o|sua|il|has|is)[ ])"
    rf"(?:\w{{1,20}}[ _.-])?(?:pass|pw|psk|{NAMES}){OF_WHAT}(?:[ ]?\([\w ]{{1,20}}\))?:?",
    re.IGNORECASE,
)
HEAD: Final = re.compile(
    rf"(?:(?<![a-z0-9])(?:pass|pw|psk|{NAMES})|{UNSPACED}){OF_WHAT}(?:[ ]?\([\w ]{{1,20}}\))?:?"
    r"(?=[*\"'`]{0,2}[ ]{0,80}(?:[|│┃║\t;,\r\n]|\Z)|[ ]{2}|[ ][^\n]{0,400}\n[> ]{0,8}(?:---|===))",
)
# Column heads that may accompany a secret's in a table of two columns. Any other word is a value: `username | bob`.
OTHER_HEAD: Final = re.compile(
    r"user(?:[ _-]?(?:name|id))?|login|account|host(?:name)?|server|realm|ttl|urls?|port|name|id|type|service|role|"
    r"e?mail|value|comment|notes?|age|status|created(?:[ _-]at)?|expires|ready|address|namespace|last[ _-]login|"
    r"benutzer(?:name)?|nutzer|konto|usuario|nombre|correo|cuenta|utilisateur|identifiant|nom|compte|usu[áa]rio|"
    r"nome|conta|utente|ユーサー名?|ユーザー名?|名前|gebruiker",
    re.IGNORECASE,
)
# What a cell below such a head holds that is none: dates, states, types.
NOT_SECRET: Final = re.compile(
    r".{0,2}|\d{4}-\d\d-\d\d.*|\d{1,2}:\d\d.*|active|refreshed|renewed|enabled|disabled|present|hidden|protected|text|"
    r"varchar.*|optional|revoked|n/a",
    re.IGNORECASE | re.DOTALL,
)

# In quotes, one line break is allowed, inside a token.
QUOTED: Final = re.compile(
    r"\\+[\"'](?P<escaped>(?:[^\"'\\\n]|\\(?![\"'])){1,4096}+)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.|\n(?=[^\s\"]{1,400}\")){1,4096}+)\""
    r"|'(?P<single>(?:[^'\\\n]|\\.|\n(?=[^\s']{1,400}')){1,4096}+)'|`(?P<tick>[^`\n]{1,4096}+)`"
    r"|«\s?(?P<angle>[^«»\n]{1,4096}?)\s?»"
)
# What a literal of Python or TOML has before its first quote, or has three of; tags of YAML; what wraps a value.
LITERAL: Final = re.compile(
    r"(?:!{1,2}[a-z]{1,20}[ ]|&\w{1,20}[ ])?"
    r"(?:(?:string\(\d{1,5}\)[ ]|(?:Some|Just|Optional|Secret\w{0,12}|(?:new[ ])?String)[(\[])"
    r"|(?:\{\s{0,20}\\{0,7}[\"'](?:value|plain|raw|text|string|S)\\{0,7}[\"']:\s?|\[\s{0,20})(?=\\{0,7}[\"']))?"
    r"(?:(?:[bru]{1,2}|@)(?=[\"']))?(?:''(?=')|\"\"(?=\"))?",
    re.IGNORECASE,
)
# Quotes that are never closed, a block of YAML, a document within a shell or HCL, and <…>.
OPENED: Final = re.compile(
    r"\\?[\"'`]|[|>][+-]?\d?[+-]?[ \t]{0,20}(?:\r?\n){1,2}[ \t]{1,40}|<<[-~]?[\"']?[A-Z_]{1,20}[\"']?\r?\n[ \t]{0,40}"
    r"|<(?=[^<>\s\d]{0,256}\d[^<>\s]{0,256}>)"
)
PLAIN: Final = re.compile(r"[^\s&\"'`<>]{1,4096}+")
TRAILING: Final = ",.;:)]}!?*_"

# Values in the place of a secret that are not secret.
HARMLESS: Final = re.compile(
    r"\(?(?:null|none|nil|undefined|true|false|yes|no|missing|wrong|invalid|expired|empty|required|ok|unknown|string|str|"
    r"bad|not|set|unset|given|include|omit|changed|updated|rejected|refused|failed|denied|await|new|via|see|your[_-][\w-]{2,40}|password|passwd|username|\$?\{\{?|"
    r"[\[<(]?(?:redacted|filtered|masked|hidden|secure|encrypted|removed)[\]>)]?|(?:[A-Za-z_]{1,40}\.){0,3}[A-Za-z_]{2,40}\(.*|"
    r"erforderlich|obligatoire|obligatori[ao]|obrigatóri[ao]|correct|incorrect|fine|valid|the|a|an|what|where|\.\.\.|…|\*+|x+|-+|"
    # Answers that people give by name, such as token=wrong-key; a test compares them with the knowledge.
    r"y|n|good|old|key|signature|grant|wrong-key|no-grant|token|(?-i:YOUR[A-Z_-]{2,40})|<[a-z -]{2,40}>|"
    r"falsch|ungültig|abgelaufen|fehlt|leer|richtig|incorrect[ao]s?|inválid[ao]s?|caducad[ao]|vencid[ao]|expirad[ao]|"
    r"incorrecte?|invalide|expirée?|errat[ao]|scadut[ao]|errad[ao]|onjuist|verlopen|無効|不正|"
    r"(?-i:\$(?:\{\w*\}?|[a-z_]*|[A-Z_][A-Z0-9_]*))|(?:process\.)?env\b.*|os\.environ.*)",
    re.IGNORECASE | re.DOTALL,
)
# Before 32 digits that identify a file or a request.
CHECKSUM: Final = re.compile(
    r"\b(?:etag|md5(?:sum)?|checksum|content-md5|digest|trace(?:[_-]?id)?|span[_-]?id|request[_-]?id|"
    r"serial(?:[ _-]?number)?|fingerprint|thumbprint|sha1|"
    r"correlation[_-]?id|commit|build)"
    r"\\?[\"']?[ \t]{0,3}[:=(]?[ \t]{0,3}(?:W/)?\\?[\"']?\Z",
    re.IGNORECASE,
)
# What manuals write in the place of a secret.
PLACEHOLDER: Final = re.compile(r"(?:user(?:name)?:)?(?:pass(?:word)?|token|secret)", re.IGNORECASE)
CODE: Final = re.compile(r"\d{1,6}")  # next to a token, this is an error code
REMOVED: Final = re.compile(r"\\?[\"'`]?\[[A-Za-z ]{1,30} removed\]")  # already redacted
# Mostly ordinary words follow "is"; a secret has digits, or capitals inside.
TELLING: Final = re.compile(r"(?=.*\d|.*[a-z][A-Z]|.*[^\w\s.,;:!?'-])\S{6,}", re.DOTALL)
