"""What puts the name of a secret and its value in two places: markup, pairs, settings, and statements. Pure.

Every pattern takes time proportional to the length of the text, and is tried only where one of its needles occurs.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from bot.redaction.secret_patterns import AUTHORIZATION, NAMES, PASSWORD, REMOVED, Found

NAME: Final = rf"[\w.:-]{{0,40}}?(?P<name>pass|psk|{NAMES})\w{{0,12}}"
TEXT: Final = r"(?P<value>[^<>\n]{1,4096}?)</"
QUOTED_TEXT: Final = r"\\{0,7}[\"'](?P<value>[^\"'\\\n]{1,4096})\\{0,7}[\"']"
QUOTE: Final = r"\\{0,7}[\"']"


def _form(needles: str, *pattern: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Make a form; *needles* are separated by two spaces. The groups are `name` and `value`."""
    return tuple(needles.split("  ")), re.compile("".join(pattern), re.IGNORECASE)


NAMED_FORMS: Final = (
    # <property name="password">…</property>, <setting name="password"><value>…, <string name="password">…
    _form(
        "name=  key=  id=",
        rf"<\w[\w:.-]{{0,20}}[ ][^<>\n]{{0,80}}?\b(?:name|key|id)=[\"']{NAME}[\"'][^<>\n]{{0,80}}>",
        r"\s{0,20}(?:<value>)?",
        TEXT,
    ),
    # <td>password</td><td>…</td>, <name>password</name><value>…</value>
    _form(
        "</td>  </dt>  </name>  </key>  </th>",
        rf">[\w .:-]{{0,40}}?(?P<name>{NAMES})[ ]?:?</(?:td|dt|name|key|th)>\s{{0,40}}",
        r"<(?:td|dd|value|string)(?:[ ][^<>\n]{0,80})?>(?:<string>|<code>)?",
        TEXT,
    ),
    # <password><![CDATA[…]]>, with any sign inside
    _form(
        "<![cdata[",
        rf"<[\w:.-]{{0,40}}?(?P<name>pass|{NAMES})\w{{0,12}}(?:[ ][^<>\n]{{0,200}})?>\s{{0,20}}",
        r"<!\[CDATA\[(?P<value>[^\n]{1,4096}?)\]\]>",
    ),
    # A field of a form: <input type="password" value="…">, with the two in any order
    _form(
        "value=",
        rf"<\w{{1,20}}[ ](?=[^<>]{{0,300}}\b(?:type|name|key|id)=[\"']?{NAME}[\"'\s/>])",
        r"[^<>]{0,300}?\bvalue=[\"']?(?P<value>[^\"'<>\s]{1,4096})",
    ),
    # JSON: {"value": "…", "name": "password"}, or {"name": "password", "type": "text", "value": "…"}
    _form(
        "value",
        rf"{QUOTE}value{QUOTE}\s?:\s?{QUOTED_TEXT},\s{{0,20}}{QUOTE}(?:name|key|id){QUOTE}\s?:\s?{QUOTE}{NAME}{QUOTE}",
    ),
    _form(
        "value",
        rf"{QUOTE}(?:name|key|id){QUOTE}\s?:\s?{QUOTE}{NAME}{QUOTE},\s{{0,20}}",
        rf"(?:{QUOTE}(?!value)\w{{1,20}}{QUOTE}\s?:\s?[^\s,{{}}]{{1,60}},\s{{0,20}}){{1,4}}",
        rf"{QUOTE}value{QUOTE}\s?:\s?{QUOTED_TEXT}",
    ),
    # Two texts in ( ) or [ ], of JSON, Python, or PHP
    _form(
        "(  [",
        rf"[(\[]\s?(?:\w{{1,20}},[ ])?{QUOTE}{NAME}{QUOTE},\s{{0,3}}[bu]?{QUOTED_TEXT}\s?[)\]]",
    ),
    # Setters, as setPassword and with_token
    _form("set  with", rf"(?:set|with)_?(?P<name>{NAMES})\([\"'](?P<value>[^\"'\n]{{1,4096}})[\"']\)"),
    # PHP: s:8:"password";s:6:"…"
    _form("s:", rf"s:\d{{1,4}}:{QUOTE}{NAME}{QUOTE};s:\d{{1,5}}:{QUOTED_TEXT}"),
    # [turn_password] in one line, value=… in the next
    _form(
        "value  default",
        rf"\[{NAME}\][ \t]{{0,20}}\r?\n[ \t]{{0,20}}(?:value|default)[ \t]{{0,20}}",
        r"[=:][ \t]{0,20}(?P<value>\S{1,4096})",
    ),
    _form(
        "variable",
        rf"variable[ ]\"{NAME}\"[ ]{{0,3}}\{{[^{{}}]{{0,400}}?default\s{{0,20}}=\s{{0,3}}{QUOTED_TEXT}",
    ),
    # terraform: password = "old" -> "…"
    _form(
        '" -> "',
        rf"(?<![A-Za-z0-9])(?P<name>pass|psk|{NAMES})\s{{0,20}}[=:]\s{{0,3}}\"[^\"\n]{{0,400}}\"[ ]->[ ]{QUOTED_TEXT}",
    ),
    # ENV DB_PASSWORD …, setx DB_PASSWORD …
    _form(
        "env  arg  setx  set",
        rf"(?<![\w-])(?-i:ENV|ARG|setx|setenv|set[ ]-g?x)[ \t]{{1,8}}{NAME}[ \t]{{1,8}}[\"']?",
        r"(?P<value>[^\s\"'=]{1,4096})",
    ),
)
COLUMNS: Final = re.compile(
    rf"\((?P<names>[^()\n]{{0,400}}\b(?:\w{{1,20}}_)?(?:pass|{NAMES})\b[^()\n]{{0,400}})\)\s{{0,20}}values\s{{0,20}}",
    re.IGNORECASE,
)
TUPLE: Final = re.compile(r"\((?P<values>(?:'(?:[^'\n]|'')*+'|[^'()\n])*+)\)\s{0,3},?\s{0,20}")
ITEM: Final = re.compile(r"(?:'(?:[^'\n]|'')*+'|[^',])+")
COLUMN_NAME: Final = re.compile(rf"[\"`]?(?:\w{{1,20}}_)?(?:pass|{NAMES})[\"`]?", re.IGNORECASE)

# A Secret of Kubernetes: each value is one, in base64.
SECRET_OBJECT: Final = re.compile(r"\bkind\\?\"?:[ ]?\\?\"?Secret\b")
NEXT_OBJECT: Final = re.compile(r"^---", re.MULTILINE)
DATA: Final = re.compile(
    r"^(?P<indent>[ ]{0,20})(?:data|stringData):[ \t]*\r?\n(?P<yaml>(?:(?P=indent)[ ]+\S[^\n]*\n?)+)"
    r"|\"(?:data|stringData)\":\s?\{(?P<json>[^{}]*)\}",
    re.MULTILINE,
)
DATUM: Final = re.compile(r"[\w.-]+\"?:[ ]*[\"']?(?P<value>[^\s\"',\[][^\s\"',]*)")

# The cookies of a request in a HAR file; short ones, such as a language, are no secrets.
COOKIES: Final = re.compile(r"\"cookies\\{0,3}\"\s{0,3}:\s{0,3}\[(?P<items>[^\[\]]{1,20000})\]")
COOKIE: Final = re.compile(r"\"value\\{0,3}\"\s{0,3}:\s{0,3}\\{0,3}\"(?P<value>[^\"\\]{12,4096})")


def find_in_structures(text: str, small: str) -> Iterator[Found]:
    """Yield the secrets in a request's cookies, in statements, and in objects; *small* is the text in lower case."""
    if "cookies" in small:
        yield from _in_cookies(text)
    if "values" in small:
        yield from _in_statements(text)
    if "kind" in small and "secret" in small:
        yield from _in_objects(text)


def _in_cookies(text: str) -> Iterator[Found]:
    """Yield the values in `"cookies": [{"name": "session", "value": "…"}]`."""
    for cookies in COOKIES.finditer(text):
        for cookie in COOKIE.finditer(text, *cookies.span("items")):
            if not REMOVED.match(text, cookie.start("value")):
                yield *cookie.span("value"), AUTHORIZATION


def _in_statements(text: str) -> Iterator[Found]:
    """Yield the values of columns with a secret's name in `INSERT INTO … (name, password) VALUES (…)`."""
    for match in COLUMNS.finditer(text):
        names = [name.strip() for name in match["names"].split(",")]
        secret = [index for index, name in enumerate(names) if COLUMN_NAME.fullmatch(name)]
        at = match.end()
        while row := TUPLE.match(text, at):
            at = row.end()
            items = list(ITEM.finditer(text, *row.span("values")))
            for index in secret if len(items) == len(names) else ():
                value = items[index][0]
                if value.strip().startswith("'") and "removed]" not in value:
                    start = items[index].start() + value.index("'") + 1
                    yield start, start + len(value.strip()) - 2, PASSWORD


def _in_objects(text: str) -> Iterator[Found]:
    """Yield the values of `kind: Secret`, in YAML or JSON."""
    begins = [0, *(match.start() for match in NEXT_OBJECT.finditer(text)), len(text)]
    for start, end in pairwise(begins):
        if not SECRET_OBJECT.search(text, start, end):
            continue
        for data in DATA.finditer(text, start, end):
            group = "yaml" if data["yaml"] else "json"
            for datum in DATUM.finditer(text, *data.span(group)):
                yield *datum.span("value"), PASSWORD
