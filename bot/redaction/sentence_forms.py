"""Secrets in sentences of people, and in the lines around them. Pure data.

Every pattern takes time proportional to the length of the text, and is tried only where one of its needles occurs.
"""

import re
from typing import Final

from bot.redaction.command_forms import STRONG, VALUE
from bot.redaction.secret_forms import ANY, SecretForm, form
from bot.redaction.secret_patterns import PASSWORD, RUSSIAN

NEEDLES: Final = (
    "passw passp passc pwd kennwort contrase clave passe mdp senha wachtwoord hasło haslo lösenord losenord "
    "\u043b\u044c şifre schlüssel clé key code token jeton secret"
)
NAME: Final = (
    r"(?:pass(?:word|wort|wd|phrase|code)|pwd|kennwort|contrase[ñn]a|clave|mot[ ]de[ ]passe|mdp|senha|palavra-passe"
    rf"|wachtwoord|has[łl]o|l[öo]senord|{RUSSIAN}|şifre|pre-shared[ ]key|(?:wlan|wpa)-schlüssel"
    r"|clé[ ]wi-?fi|zugangscode"
    r"|(?:auth|access|api|zugriffs|client|app|signing|webhook)[ -]?(?:token|key|secret)"
    r"|jeton[ ]d['\u2019](?:accès|authentification)"
    r"|token[ ]de[ ](?:acceso|acesso|autentica(?:ción|ção)))"
)
WORDS: Final = r"(?:[ ][\w'\u2019.-]{1,20})"
CHANGED: Final = (
    r"(?:chang|reset|set|updat|geänd|änder|setz|gesetzt|modifi|cambi|mud(?:ei|ou|amos|ar)|alter|troq|trocar|gewijzigd"
    r"|veranderd|aangepast|zmieni|ustawi|изм.н|см.н|п.м.н|ändra)\w{0,10}"
)
COLON: Final = r"[*_]{0,2}[ ]?[:=][*_]{0,2}"  # in bold, too
IS: Final = r"(?:is|was|ist|war|lautet|est|était|es|era|è|é|foi|to|jest)"
TO: Final = (
    r"[ ](?:to|a|à|auf|en|para|in|naar|na|н[\u0430a]|till)[ ]+(?![\w.-]{1,200}\.[a-z]{2,12}(?![\w.-]))"
)

# What may follow the name, each with the secret as its last group.
TAILS: Final = (
    # The password of the SIP trunk is …, mot de passe SIP : …, hasło do konta: …, пароль — …
    rf"{WORDS}{{0,5}}?(?:[ ]{IS}(?:[ ][\w'\u2019]{{1,14}})?|{COLON}|[ ][\u2013\u2014-])[ ]+{STRONG}",
    # Our new password (…) does not work
    r"[ ]\((?=[^()\s]{0,256}\d)(?=[^()\s]{0,256}[A-Za-z])([^()\s]{6,256})\)",
    rf"[ ](?:to|a)[ ]+{STRONG}",
    # Passwort auf … geändert, wachtwoord gewijzigd naar …
    rf"{WORDS}{{0,3}}?[ ]{CHANGED}{WORDS}{{0,2}}?{TO}{STRONG}",
    rf"{WORDS}{{0,4}}?{TO}{STRONG}[ ]{CHANGED}",
    # In the next line, alone or after the name of who wrote it
    rf"[^\n:?]{{0,60}}[:?][ ]*\r?\n\s{{0,20}}(?:[>*-][ ]|\w[\w .-]{{0,30}}:[ ])?{STRONG}[ \t\r]*$",
    # Passwort: <b>…
    rf"[ ]?:(?:[ ]|&nbsp;){{0,3}}<\w[^<>\n]{{0,80}}>[ ]?{STRONG}",
)

SENTENCE_FORMS: Final[tuple[SecretForm, ...]] = (
    form(PASSWORD, NEEDLES, rf"\b{NAME}(?:{'|'.join(TAILS)})", flags=ANY | re.MULTILINE),
    # I changed the password to …
    form(PASSWORD, NEEDLES, rf"\b{CHANGED}{WORDS}{{0,4}}?[ ]{NAME}{WORDS}{{0,4}}?{TO}", STRONG, flags=ANY),
    form(
        PASSWORD,
        "スワ 番号 トーク 密码 密碼 令牌 비밀번호 토큰",
        r"(?:[パハ]スワー[ドト]|暗証番号|トークン|密码|密碼|令牌|비밀번호|토큰)[^\n「『“\"]{0,12}[「『“\"]([^」』”\"\n]{4,128})[」』”\"]",
    ),
    form(PASSWORD, "スワ", r"[パハ]スワー[ドト][をはが][ \u3000]?", STRONG),
    form(PASSWORD, "密码 密碼", r"(?:密码|密碼)[^\n]{0,6}?(?:改成|改为|改為|设为|設為|设置为)[ ]?", STRONG),
    form(PASSWORD, "비밀번호", r"비밀번호(?:를|을)[ ]([^\s]{6,256}?)(?:으로|로)[ ]"),
    # In the line below the name, as in a window
    form(
        PASSWORD,
        NEEDLES,
        rf"^[ \t>]{{0,8}}(?:\w{{1,20}}[ ]){{0,2}}{NAME}[ \t]{{0,4}}\r?\n[ \t>]{{0,8}}",
        STRONG,
        r"[ \t\r]*$",
        flags=ANY | re.MULTILINE,
    ),
    # username … password …, user bob, pw …; login: bob / …
    form(
        PASSWORD,
        "user login benutzer usuario utilisateur utente identifiant account",
        r"\b(?:user(?:name)?|login|benutzer|usuario|utilisateur|utente|identifiant|account)[ :]{1,2}[\w.@+-]{1,64}",
        r"[ ,/;]{1,3}(?:and[ ])?(?:password|passwd|passwort|kennwort|pass|pwd?)[ ]+",
        STRONG,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "login logon credentials zugang acc account",
        r"\b(?:login|logon|credentials|zugang(?:sdaten)?|accès|acceso|acesso|accesso|account)",
        r"(?:[ ]are|[ ]is|[ ]?:)[ ]?[\w.@+-]{1,64}[ ]?/[ ]?",
        STRONG,
        flags=ANY,
    ),
    # <b>Password:</b> …, in mail
    form(
        PASSWORD,
        "</",
        rf"<(?:b|strong|em|label|span|dt|th|u|p|li)\b[^<>\n]{{0,80}}>[^<>\n]{{0,40}}?\b{NAME}[^<>\n]{{0,20}}",
        r"</\w{1,10}>(?:\s|&nbsp;|:|<[^<>\n]{1,80}>){0,8}",
        STRONG,
        flags=ANY,
    ),
    form(PASSWORD, "password", r"\bpassword[ ]from[ ]", STRONG, flags=ANY),
    form(PASSWORD, "«", r"\bmot[ ]de[ ]passe[ ]«[ \u00a0]?([^»\n]{1,128}?)[ \u00a0]?»", flags=ANY),
    form(PASSWORD, "\u043b\u044c şifre", rf"(?:{RUSSIAN}|şifre)[ ]?:?[ ]", STRONG, flags=ANY),
    form(PASSWORD, "password's", r"\bpassword's[ ]", STRONG, flags=ANY),
    form(
        PASSWORD,
        "password",
        r"(?<!\S)(?=\S{0,256}\d)([^\s\"']{6,256})[ ]as[ ](?:the|my|our)[ ]password\b",
        flags=ANY,
    ),
    form(PASSWORD, "passphrase", r"\bpassphrase[ ]\([^()\n]{1,60}\):[ ]", VALUE, flags=ANY),
    form(PASSWORD, "snmp", r"\bsnmp[ ]community[ ](?:is|:)[ ]", STRONG, flags=ANY),
    form(PASSWORD, "creds", r"\bcreds?[ ]?:[ ]?[\w.@-]{1,64}[:/]", STRONG, flags=ANY),
    form(PASSWORD, "login", r"\blogin[ ][\w.@-]{1,64}[ ](?:pw|pass)[ ]", STRONG, flags=ANY),
)
