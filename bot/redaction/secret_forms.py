"""Secrets that their form identifies wherever they occur. Pure data.

Every pattern takes time proportional to the length of the text. Most need some text that is rare; where no such text
occurs, in lower case, the pattern is not tried.
"""

import re
from dataclasses import dataclass
from typing import Final

from bot.redaction.secret_patterns import (
    API_KEY,
    CREDENTIAL,
    JWT,
    PASSWORD,
    PRIVATE_KEY,
    PUSH,
    SLACK,
    TWILIO,
)


@dataclass(frozen=True, slots=True)
class SecretForm:
    """One form: the kind of secret, texts of which one must occur, and the pattern; its last group is the secret."""

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]


def form(kind: str, needles: str, *pattern: str, flags: int = 0) -> SecretForm:
    """Make a form; *needles* are separated by spaces."""
    return SecretForm(kind, tuple(needles.split()), re.compile("".join(pattern), flags))


ANY: Final = re.IGNORECASE
# Schemes whose user name alone is no secret: of databases, with a driver or without, and of logins.
NO_TOKEN: Final = tuple(
    rf"(?<!{re.escape(scheme)}://)"
    for scheme in (
        *("postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongodb+srv", "redis", "rediss", "mssql"),
        *(
            "sqlserver",
            "oracle",
            "cockroachdb",
            "clickhouse",
            "cassandra",
            "ldap",
            "ldaps",
            "ssh",
            "sftp",
            "ftp",
        ),
        *(
            "+psycopg",
            "+psycopg2",
            "+asyncpg",
            "+pymysql",
            "+aiomysql",
            "+pyodbc",
            "+ssh",
            "rsync",
            "smb",
            "amqp",
        ),
        *("amqps", "imap", "imaps", "smtp", "rdp", "vnc"),
    )
)

FORMS: Final = (
    # RFC 7519: a JWT's first part is JSON: `{"` in base64url, or `{` and a space.
    form(JWT, "eyj", r"eyJ[\w-]{10,}+(?:\.[\w-]{4,}+(?:\.[\w-]*+)?)?", flags=re.ASCII),
    form(JWT, "ey ew", r"(?<![\w.-])e[wy][\w-]{10,}+\.[\w-]{8,}+\.[\w-]{8,}+", flags=re.ASCII),
    form(
        SLACK,
        "xox xapp- xwfp-",
        r"(?<![A-Za-z0-9])(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[\w-]{10,}+",
        flags=re.ASCII | ANY,
    ),
    # A webhook or response address is enough to post.
    form(SLACK, "hooks.slack.com/", r"(?<=hooks\.slack\.com/)[^\s\"'<>|)]{8,}+", flags=ANY),
    # Account and API key SIDs are user names of HTTP Basic. Call SIDs are not secret and stay.
    form(TWILIO, "", r"(?<![A-Za-z0-9])(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])", flags=ANY),
    # An auth token is 32 hexadecimal digits. An API key's secret is 32 lower-case letters, capitals and digits.
    # After `00-` it is a trace id (W3C Trace Context), which stays.
    form(TWILIO, "", r"(?<!\w)(?<!00-)[A-Za-z0-9]{32}(?!\w)"),
    form(
        API_KEY,
        "gho_ ghp_ ghr_ ghs_ ghu_ github_pat_ glpat- k_live_ k_test_ sk- sg. npm_ pypi- hf_ dop_v1_ ya29. gocspx- "
        "shpat_ shpss_",
        r"(?<![A-Za-z0-9])(?:gh[oprsu]_|github_pat_|glpat-|[spr]k_(?:live|test)_|sk-|SG\.|npm_|pypi-|hf_|dop_v1_|",
        r"ya29\.|GOCSPX-|shp(?:at|ss)_)[\w.-]{20,}+",
    ),
    # Ours: the key that signs plans, and a relay's.
    form(PRIVATE_KEY, "lineman-key-", r"(?<![\w-])lineman-key-\d:[\w-]{20,}+", flags=re.ASCII),
    form(API_KEY, "akia asia aiza", r"(?<![A-Za-z0-9])(?:A[KS]IA[0-9A-Z]{16}|AIza[\w-]{35})(?![A-Za-z0-9])"),
    # A cloud provider's secret key: 40 characters of base64. The digits of a SHA-1 are in one case.
    form(
        API_KEY,
        "",
        r"(?<![\w/+=.-])(?!/)(?=[a-z0-9/+]*[A-Z])(?=[A-Z0-9/+]*[a-z])(?=[A-Za-z/+]*\d)",
        r"[A-Za-z0-9/+]{40}(?![\w/+=.-])",
        flags=re.ASCII,
    ),
    # The token by which Firebase Cloud Messaging reaches one device.
    form(PUSH, ":apa91", r"(?<![\w-])[\w-]{8,}+:APA91[\w-]{60,}+", flags=re.ASCII),
    # RFC 3986 user information. A password may hold a slash or an at sign; `host:8080/a@b` is none. Without a
    # password it may be a token, but not where people log in: `postgresql://app@db/x`, `ssh://git@host`.
    form(JWT, "://", r"(?<=://)", *NO_TOKEN, r"[^\s/@:\"'<>]{1,512}+(?=@)", flags=ANY),
    form(
        PASSWORD,
        "://",
        r"(?<=://)[^\s/@\"'<>:]{0,512}+:[^\s/@\"'<>]{0,512}+(?=@)",
    ),
    form(
        PASSWORD,
        "://",
        r"(?<=://)[^\s/@:\"'<>]{0,256}:(?!\d{1,5}/)[^\s\"'<>]{1,512}",
        r"(?=@[\w.-]+(?:[:/?#,;)\"'<>\s]|\Z))",
    ),
    # The same without a scheme: in a proxy's variable, before a host with a port, in SIP, and in some TURN URLs.
    form(
        CREDENTIAL,
        "proxy",
        r"proxy[ \t]{0,3}[=:][ \t]{0,3}[\"']?(?!\w+://)([^\s/@:\"'<>]{1,256}:[^\s\"'<>]{1,512})(?=@[\w.-]+)",
        flags=ANY,
    ),
    form(
        CREDENTIAL,
        "@",
        r"(?<![\w:/.+-])(?:sips?:)?(?!sips?:)[\w.+-]{1,64}:([^\s@:/\"'<>]{3,256})(?=@[\w-]+(?:\.[\w-]+)*:\d{2,5}\b)",
        flags=ANY,
    ),
    form(CREDENTIAL, "sip: sips:", r"\bsips?:([\w.+-]{1,64}:[^\s@\"'<>]{1,256})(?=@)", flags=ANY),
    form(
        CREDENTIAL,
        "turn: turns: stun: stuns:",
        r"(?<![A-Za-z])(?:turns?|stuns?):([^\s/@\"'<>?]{1,512}+)(?=@)",
        flags=ANY,
    ),
    # SDES keys in pasted SDP (RFC 4568); ICE passwords are found by name.
    form(CREDENTIAL, "inline:", r"\binline:([A-Za-z0-9+/=|]{20,}+)"),
)
