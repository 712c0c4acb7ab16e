"""Secrets in one-time codes, settings, dialogues, and links. Pure data.

Every pattern takes time proportional to the length of the text, and is tried only where one of its needles occurs.
"""

import re
from typing import Final

from bot.redaction.command_forms import STRONG, VALUE
from bot.redaction.secret_forms import ANY, SecretForm, form
from bot.redaction.secret_patterns import API_KEY, AUTHORIZATION, PASSWORD, PRIVATE_KEY

# Not five digits: that is an error code.
NUMBER: Final = r"(?<!\d)(?!\d{5}(?!\d))((?:[A-Z]-)?\d{3}[ -]?\d{1,5})(?!\d|[.:-]\d)"

MESSAGE_FORMS: Final[tuple[SecretForm, ...]] = (
    # One-time codes
    form(
        PASSWORD,
        "code pin tan otp código codice",
        r"\b(?:(?:verification|login|sign-in|security|confirmation|one-time|authentication|access)[ ](?:code|pin)",
        r"|(?:Bestätigungs|Sicherheits|Zugangs|Verifizierungs)code|TAN|OTP|one-time[ ]password",
        r"|code[ ]de[ ](?:vérification|sécurité|confirmation)|código[ ]de[ ](?:verificación|seguridad|verificação)",
        r"|codice[ ]di[ ](?:verifica|sicurezza))\b[\"']?(?:[ ](?:is|ist|lautet|est|es|è|é)\b)?[ ]?[:=]?[ ]?[\"']?",
        NUMBER,
        flags=ANY,
    ),
    form(PASSWORD, "pin", r"\bPIN(?:[ ]is|[ ]?[:=])[ ]", NUMBER),
    form(
        PASSWORD,
        "認証コード 確認コード 验证码",
        r"(?:[認确確][証認]コード|验证码)[は是:\uff1a ]{0,3}",
        NUMBER,
    ),
    form(
        PASSWORD,
        "code",
        NUMBER,
        r"[ ]is[ ]your[ ](?:[\w-]{1,20}[ ]){0,2}(?:verification|login|security|confirmation|one-time)?[ ]?code\b",
        flags=ANY,
    ),
    # Names that end with a short word for password
    form(
        PASSWORD,
        "pwd pw pass",
        r"(?<![\w$-])(?-i:\w{0,40}(?:[a-z]Pwd|[A-Z_]PWD|[a-z]_pwd|[A-Z_]PW|RootPW|[a-z]_pw|[A-Z]PASS|[a-z]Passwd))",
        r"\d{0,2}_?[\"']?\]?[ \t]{0,8}[:=]{1,2}[ \t]{0,8}(?![$/~.])",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD, "auth_key", r"\b(?:X_)?(?:\w{1,20}_)?AUTH_KEY[\"']?[ ]?[,=:][ \t]{0,20}", VALUE, flags=ANY
    ),
    form(
        PASSWORD,
        "password passwd passphrase",
        r"[a-z_]?(?:Password|PASSWD|passwd|KeyPassphrase)(?:[A-Z]\w{0,20}|\d{1,2}|_\d{1,2}_?)?[ ]?[=:]?[ ]?(?<=[= ])",
        STRONG,
    ),
    form(
        API_KEY,
        "hmac signing encryption",
        r"\b(?:hmac|signing|encryption)[_-]?key[\"']?[ ]?[:=][ ]?[\"']?([\w+/=-]{24,256})",
        flags=ANY,
    ),
    form(PASSWORD, "psk", r"[\"']psk[\"'][ ]?:[ ]?[\"']([^\"'\n]{4,128})[\"']", flags=ANY),
    form(
        PASSWORD,
        "psk password",
        r"\b(?:psk|password)[ ]\(?hex\)?:?[ ]([0-9a-f]{2}(?::?[0-9a-f]{2}){5,128})",
        flags=ANY,
    ),
    form(
        PASSWORD,
        "password psk secret token passphrase",
        r"^[ \t]{0,40}[\w.-]{0,40}(?:password|psk|secret|token|passphrase):[ ][|>][+-]?[ ]*\r?\n[ ]+",
        STRONG,
        flags=ANY | re.MULTILINE,
    ),
    form(PASSWORD, "password", r"\bPassword(?:[ ]\.{2,20}|:\*\*)[ ]?:?[ ]`?([^\s`]{4,256})", flags=ANY),
    form(
        PASSWORD,
        "modparam",
        r"\bmodparam\([^\n]{1,60}\"\w{0,20}(?:secret|password)(?!_column)\w{0,20}\",[ ]?",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "modparam",
        r"\bmodparam\(\"uac\",[ ]?\"credential\",[ ]?\"[^:\"\n]{1,100}:[^:\"\n]{1,100}:([^\"\n]{1,256})",
    ),
    form(PASSWORD, "$avp(", r"\$avp\(\w{0,20}pass\w{0,20}\)[ ]?=[ ]?", VALUE, flags=ANY),
    form(PASSWORD, "password:: pwd::", r"(?:password|pwd)::[ ]?([\w+/=]{8,1024})", flags=ANY),
    form(PASSWORD, "bindpassword", r"\bAuthLDAPBindPassword[ ]+", VALUE, flags=ANY),
    form(PASSWORD, "authtok", r"_authtok[ ]?=[ ]?", VALUE),
    # PASSWORD_SIP=…, but not PASSWORD_FILE=…
    form(
        PASSWORD,
        "pass senha clave contrasena mdp kennwort wachtwoord haslo secret token",
        r"(?<![A-Za-z0-9])(?:PASS(?:WORD|WD|WORT)?|KENNWORT|CONTRASENA|CLAVE|MOT_?DE_?PASSE|MDP|SENHA|WACHTWOORD|HASLO|SECRET",
        r"|TOKEN)_(?!MIN|MAX|LEN|FILE|URL|URI|PATH|POLICY|RESET|EXPIR|TTL|TYPE|NAME|ID)[A-Z0-9_]{1,30}[ ]?[=:][ ]?",
        r"(?![/.~$]|https?:)",
        STRONG,
    ),
    # In a header that a server or a program adds
    form(
        AUTHORIZATION,
        "header",
        r"(?:proxy_set_header|add_header|RequestHeader[ ]set|set-header|set(?:Request)?Header\(|addHeader\(",
        r"|\bheader\()[ ]?[\"']?[\w-]{0,40}(?:key|token|secret|password|auth\w{0,12})[\"']?[ ,]{1,3}(?![\"']?[$%{])",
        VALUE,
        flags=ANY,
    ),
    # What a command prints that shows a secret
    form(
        PASSWORD,
        "kubectl vault secretsmanager printenv echo /run/secrets token find-",
        r"\b(?:kubectl[ ]get[ ]secrets?[ ][^\n]{1,300}|vault[ ](?:kv[ ]get|read)[ ][^\n]{0,200}-field=[^\n]{1,100}",
        r"|aws[ ]secretsmanager[ ][^\n]{1,300}|gh[ ]auth[ ]token|security[ ]find-\w{1,20}-password[ ][^\n]{0,200}",
        r"|(?:echo|printenv)[ ][\"']?\$?\{?\w{0,30}(?:PASS|SECRET|TOKEN|KEY|PWD)\w{0,20}\}?[\"']?",
        r"|cat[ ]/run/secrets/\S{1,100}|gcloud[ ]auth[ ]print-\w{1,20}-token)",
        r"[ \t]{0,8}\r?\n([^\s$#>]\S{5,4096}+)[ \t]{0,8}\r?$",
        flags=re.MULTILINE,
    ),
    form(PASSWORD, "reg_sz", r"Password[ ]+REG_SZ[ ]+", VALUE, flags=ANY),
    # Dialogues
    form(PASSWORD, "auth plain auth login", r"\bAUTH[ ](?:PLAIN|LOGIN)[ ]([A-Za-z0-9+/=]{8,4096})"),
    form(PASSWORD, "pass", r"\bUSER[ ]\S{1,64}[ ]*\r?\n(?:[^\n]{0,200}\n)?[^\n]{0,20}?\bPASS[ ]", VALUE),
    form(PASSWORD, "login", r"^[\w.*]{1,8}[ ]LOGIN[ ]\"?[\w.@+-]{1,64}\"?[ ]", VALUE, flags=re.MULTILINE),
    form(PASSWORD, "pass", r"(?:--->|>|Command:|\bC:)[ ]?PASS[ ]", VALUE),
    form(PASSWORD, "pass", r"^PASS[ ]", STRONG, flags=re.MULTILINE),
    form(PASSWORD, "ugfzc3dvcmq6", r"334[ ]UGFzc3dvcmQ6\r?\n(?:C:[ ]?)?([\w+/=]{4,1024})"),
    form(AUTHORIZATION, "xoauth2", r"\bXOAUTH2[ ]([\w+/=]{16,4096})"),
    form(
        PASSWORD,
        "pap-secrets chap-secrets",
        r"\b(?:pap|chap)-secrets[^\n]{0,100}\n[^\n]{0,100}?[ ]\*[ ]",
        VALUE,
    ),
    form(PASSWORD, "]:", r"\]:\d{2,5}[ ][\w.@-]{1,64}:", STRONG),
    form(PASSWORD, "auth", r"^[\w.:\[\]-]{1,64}>[ ]?AUTH[ ](?:default[ ])?", VALUE, flags=re.MULTILINE),
    form(PASSWORD, "phrase", r"\bpass phrase(?: for [^\s:]{1,100})?:[ ]", VALUE, flags=ANY),
    form(PASSWORD, "incorrect", r"\bLogin incorrect[^\n\[]{0,20}\[[^\s/\[\]]{1,64}/(?!\[)([^\]\n]{1,128})\]"),
    # Links and tokens by their form
    form(API_KEY, "sig=", r"[?&]sig=([\w%+/=-]{20,256})", flags=ANY),
    form(API_KEY, "x-amz-signature", r"\bX-Amz-Signature=([0-9a-f]{32,128})", flags=ANY),
    form(API_KEY, "&key= ?key=", r"[?&]key=([\w%+/=-]{24,256})", flags=ANY),
    form(AUTHORIZATION, "auth=", r"[?&]auth=([\w%.+/=-]{16,4096})", flags=ANY),
    form(API_KEY, "api/webhooks/", r"/api/webhooks/\d{10,25}/([\w-]{20,128})"),
    form(PRIVATE_KEY, "nkey", r"NKEY SEED-----\s{0,10}(S[A-Z2-7]{40,80})", flags=ANY),
    form(AUTHORIZATION, "content=", r"name=[\"']csrf-token[\"'][ ]content=[\"']([^\"'\s]{8,256})", flags=ANY),
    form(AUTHORIZATION, "cookie", r"[\"'](?:set-)?cookie[\"'],[ ]?[\"']([^\"'\n]{1,4096})[\"']", flags=ANY),
)
