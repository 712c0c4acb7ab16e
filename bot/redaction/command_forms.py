"""Secrets that the command, the statement, or the file around them identifies. Pure data.

Every pattern takes time proportional to the length of the text, and is tried only where one of its needles occurs.
"""

import re
from typing import Final

from bot.redaction.secret_forms import ANY, SecretForm, form
from bot.redaction.secret_patterns import AUTHORIZATION, CREDENTIAL, JWT, PASSWORD

# Not what is already removed, no placeholder of a manual, as <password>, and no variable, as ${PASSWORD}.
_REAL: Final = r"(?!\[[A-Za-z ]{1,30} removed\]|<[A-Za-z][A-Za-z_ -]{0,40}>|\$\{\w)"
# The value of an option: in quotes, or up to the next space.
VALUE: Final = _REAL + r"(?:\"([^\"\n]{1,4096}+)|'([^'\n]{1,4096}+)|([^\s\"'-][^\s\"']{0,4096}))"
# One that is no word: it has a digit and a letter, or letters of both cases, by turns or with a sign inside.
# In quotes, any value counts.
STRONG: Final = _REAL + (
    r"(?:[\"'`]([^\"'`\n]{4,256})[\"'`]"
    r"|(?=[^\s\"']{0,256}\d)(?=[^\s\"']{0,256}[A-Za-z])([^\s\"'<>;,]{6,256})"
    r"|(?-i:(?=[A-Z]*[a-z]+[A-Z]+[a-z]+[A-Z])([A-Za-z]{8,256}+))"
    r"|(?-i:(?=[^\s\"']{0,256}[a-z])(?=[^\s\"']{0,256}[A-Z])(?=[^\s\"']{0,256}[!#$%&*+^~@]\w)([^\s\"'<>;,]{8,256})))"
)

COMMAND_FORMS: Final[tuple[SecretForm, ...]] = (
    # Options of commands: curl -u user:password, curl -b session=…, turnutils_uclient -w …
    # A link of Slack is none: mtr -u <http://host|host>.
    form(
        PASSWORD,
        "-u --proxy-user",
        r"(?<![\w-])(?:-[uU]|--user|--proxy-user)[ =]{0,2}(?!<https?://[^\s|>@]+[|>])"
        r"[\"']?(?!<[A-Za-z_-]{1,40}>:|\$\{?\w{1,40}\}?:\$)([^\s\"':/=-][^\s\"':]{0,256}+:[^\s\"']{1,512}+)",
    ),
    form(AUTHORIZATION, "curl", r"\bcurl\b[^\n]{0,400}?[ \t](?:-b|--cookie)[ =]?(?=[^\n=]{1,200}=)", VALUE),
    form(CREDENTIAL, "turnutils_", r"\bturnutils_\w+[^\n]{0,400}?[ \t]-w[ \t]*", VALUE),
    form(PASSWORD, "sshpass", r"\bsshpass[ \t]+-p[ \t]*", VALUE),
    form(PASSWORD, "redis-cli", r"\bredis-cli\b[^\n]{0,200}?[ \t]-a[ \t]*", VALUE),
    form(PASSWORD, "mysql", r"\bmysql\w*\b[^\n]{0,200}?[ \t]-p", VALUE),
    form(PASSWORD, "pass:", r"(?:-pass(?:in|out)?[ \t]+|/)pass:", VALUE),
    form(JWT, "--oauth2-bearer", r"--oauth2-bearer[ =]", VALUE),
    form(PASSWORD, "/rp", r"\bschtasks\b[^\n]{0,300}?[ ]/rp[ ]", VALUE, flags=ANY),
    form(
        PASSWORD,
        "psexec login sqlcmd mongo plink pscp psftp",
        r"\b(?:psexec\w*|(?:docker|podman|az|registry)[ ]login|sqlcmd|mongo\w*|plink|pscp|psftp)\b",
        r"[^\n]{0,200}?[ ]-(?:pw?|P)[ =]{1,2}",
        VALUE,
    ),
    form(PASSWORD, "ldap", r"\bldap\w+[ ][^\n]{0,200}?-w[ ]*", VALUE),
    form(PASSWORD, "smbclient", r"\bsmbclient\b[^\n]{0,200}?-U[ ]?[^\s%]{1,64}%(?!\[)([^\s\"']{1,256})"),
    form(PASSWORD, "htpasswd", r"\bhtpasswd[ ]+-\w*b\w*[ ]+(?:\S+[ ]+){2}", VALUE),
    form(
        PASSWORD,
        "base64",
        r"\becho[ ](?:-n[ ])?",
        VALUE,
        r"[\"']?[ ]*\|[ ]?base64[ ](?:-[dD]|--decode)\b(?=[^\n]{0,200}(?:password|secret|token|key))",
    ),
    form(PASSWORD, "_auth", r"(?:^|:)_auth[ ]?=[ ]?([^\s\"'$]{8,4096})", flags=re.MULTILINE),
    form(
        PASSWORD,
        "--password-stdin",
        r"\becho[ ](?:-n[ ])?",
        VALUE,
        r"[\"']?[ ]*\|[^\n]{0,100}--password-stdin",
    ),
    form(
        PASSWORD,
        "chpasswd",
        r"\becho[ ][\"']?[\w.-]{1,64}:([^\s\"'|]{1,256})[\"']?[ ]*\|[^\n|]{0,20}chpasswd",
    ),
    form(
        PASSWORD,
        "register",
        r"\bregister[ ]?=>?[ ]?[\w.+-]{1,64}@[\w.-]{1,100}:(?!\d{1,5}\b)([^\s@:]{4,256})(?=:)",
    ),
    form(PASSWORD, "storepass keypass", r"-(?:src|dest|new)?(?:store|key)pass[ ]+(?:pass:)?", VALUE),
    form(PASSWORD, "openssl", r"\bopenssl[ ]enc\b[^\n]{0,200}?[ ]-K[ ]+([0-9a-fA-F]{16,128})"),
    form(PASSWORD, "lftp", r"\blftp\b[^\n]{0,100}?-u[ ]+[^\s,]{1,64},", VALUE),
    form(PASSWORD, "mosquitto_ ipmitool", r"\b(?:mosquitto_\w+|ipmitool)\b[^\n]{0,200}?[ ]-P[ ]*", VALUE),
    form(PASSWORD, "rabbitmqctl", r"\brabbitmqctl[ ](?:add_user|change_password)[ ]+\S{1,64}[ ]+", VALUE),
    form(PASSWORD, "kamctl", r"\bkamctl[ ](?:add|passwd)[ ]+\S{1,100}[ ]+", VALUE),
    form(PASSWORD, "/p:", r"\b(?:xfreerdp|mstsc|wfreerdp)\b[^\n]{0,200}?[ ]/p:", VALUE, flags=ANY),
    form(PASSWORD, "sipsak", r"\bsipsak\b[^\n]{0,200}?[ ]-a[ ]+", VALUE),
    form(PASSWORD, "-ap", r"\b(?:sipp|sipexer|sippts)\b[^\n]{0,200}?[ ]-ap[ ]+", VALUE),
    form(PASSWORD, "turnadmin", r"\bturnadmin\b[^\n]{0,200}?[ ]-p[ ]+", VALUE),
    form(PASSWORD, "radtest", r"\bradtest[ ]+(?:-\w+[ ]+){0,3}\S{1,64}[ ]+", VALUE),
    form(PASSWORD, "radtest", r"\bradtest[ ]+(?:-\w+[ ]+){0,3}(?:\S{1,256}[ ]+){3}\d{1,5}[ ]+", VALUE),
    form(PASSWORD, "radclient", r"\bradclient\b[^\n]{0,100}?[ ](?:auth|acct|coa)[ ]+", VALUE),
    form(PASSWORD, "vault", r"\bvault[ ]login[ ]+(?:-\S+[ ]+)*", VALUE),
    form(
        PASSWORD,
        "--auth -a",
        r"(?:^|[$;&|][ ])https?[ ](?:-\S+[ ])*(?:-a|--auth)[ ]\S{1,64}?:",
        VALUE,
        flags=re.MULTILINE,
    ),
    form(PASSWORD, "rclone", r"\brclone[ ]config[^\n]{0,200}?[ ]pass[ ]", VALUE),
    # Windows: net use Z: \\server\share … /user:…, in any order; net user name …
    form(PASSWORD, "/user:", r"\bnet[ ]use[ ][^\n]{0,200}?/user:\S{1,100}[ ]+(?!/)", VALUE, flags=ANY),
    form(
        PASSWORD,
        "/user:",
        r"\bnet[ ]use[ ](?:\S{1,20}[ ]+)?\\\\\S{1,200}[ ]+(?![/\[])(\S{1,256})(?=[ ][^\n]{0,100}/user:)",
        flags=ANY,
    ),
    form(PASSWORD, "net", r"(?:[>;&|]|/c)[ ]?net[ ]user[ ]\S{1,64}[ ]+(?![/*])", VALUE, flags=ANY),
    form(PASSWORD, "net", r"\bnet[ ]user[ ]\S{1,64}[ ]+(?![/*\[])(\S{1,256})(?=[ ]+/)", flags=ANY),
    form(PASSWORD, "securestring", r"SecureString[ ]+(?:-String[ ]+)?(?=[\"'])", VALUE, flags=ANY),
    # Database statements, clients, and files: .pgpass, .netrc.
    form(
        PASSWORD,
        "identified",
        r"\bidentified[ ](?:with[ ]\S{1,40}[ ])?(?:by|as)[ ]+(?=[\"'])",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "password for",
        r"\bpassword[ ]for[ ]\S{1,100}[ ]*=[ ]*(?:password\()?(?=[\"'])",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "oracle: sqlplus expdp impdp sqlldr",
        r"(?:jdbc:oracle:\w{1,10}:|\b(?:sqlplus|expdp|impdp|sqlldr)[ ]+(?:-\w+[ ]+)?)[\w$#]{1,64}/",
        r"([^\s@/\"']{1,256})(?=@)",
        flags=ANY,
    ),
    form(
        PASSWORD,
        ":54 :6432: :*:",
        r"^[\w.*-]{1,100}:(?:54\d\d|6432|\*):[\w*-]{1,64}:[\w.@*-]{1,64}:(?!\[)(\S{3,256})$",
        flags=re.MULTILINE,
    ),
    form(
        PASSWORD,
        "login",
        r"\b(?:machine[ \t]+\S{1,100}|default)[ \t\r\n]{1,20}login[ \t\r\n]{1,20}[^\s:]{1,100}",
        r"[ \t\r\n]{1,20}password[ \t]{1,20}",
        VALUE,
    ),
    # Arguments of programs: new PDO('mysql:…', 'bob', '…'), login('bob', '…'), AuthCredInfo("digest", "bob", 0, "…")
    form(
        PASSWORD,
        "pdo mysqli getconnection imap_open oci_connect odbc_connect",
        r"(?:\bPDO(?:->__construct)?|mysqli(?:_\w{1,20}|->__construct)?|getConnection|imap_open|oci_connect|odbc_connect)",
        r"\((?:[^,()\n]{1,200},[ ]?){2}[\"']([^\"'\n]{1,256})[\"']",
        flags=ANY,
    ),
    form(
        PASSWORD,
        "login( authenticate( ldap_bind( ssh2_auth_password(",
        r"(?:[.>]login|[.>]authenticate|ftp_login|ldap_bind|ssh2_auth_password)\((?:[^,()\n]{1,100},[ ]?){1,2}",
        r"[\"']([^\"'\n]{1,256})[\"'][ ]?\)",
    ),
    form(PASSWORD, "cred", r"\b\w{0,30}Cred\w{0,30}\([^()\n]{1,200}?,[ ]?[\"']([^\"'\n]{4,256})[\"'][ ]?\)"),
    # Lines of configuration files: coturn, Asterisk, HAProxy, Redis, LDAP; and the address of a database in Go.
    form(
        PASSWORD,
        "requirepass masterauth bindpw rootpw",
        r"^[ \t]{0,20}(?:requirepass|masterauth|bindpw|rootpw)[ \t]+",
        VALUE,
        flags=re.MULTILINE,
    ),
    form(CREDENTIAL, "user=", r"^user=([^\s:]{1,128}:(?!\[)\S{1,256})$", flags=re.MULTILINE),
    form(PASSWORD, "register", r"\bregister[ ]?=>?[ ]?[\w.+-]{1,64}:(?!\[)([^\s@:]{1,256})(?=@)"),
    form(PASSWORD, "stats", r"\bstats[ ]auth[ ][^\s:]{1,64}:", VALUE),
    form(PASSWORD, "@tcp( @unix(", r"(?<![\w.-])[\w.-]{1,64}:(?!\[)([^\s@]{1,256})(?=@(?:tcp|unix)\()"),
    # Network devices.
    form(
        PASSWORD,
        "username enable",
        r"\b(?:username[ ]\S{1,64}|enable)[ ](?:[\w-]{1,20}[ ]){0,3}",
        r"(?:password|secret)[ ]\d[ ]+",
        VALUE,
    ),
    form(
        PASSWORD,
        "snmp",
        r"\bsnmp(?:-server[ ]community[ ]|\w+[ ][^\n]{0,80}?-c[ ]?)(?!public|private|[(<])",
        VALUE,
    ),
    form(
        PASSWORD,
        "set",
        r"\bset[ ](?:[\w-]{1,20}-)?(?:psksecret|passwd|password|secret)[ ](?:ENC[ ])?(?=\S*\d)",
        VALUE,
    ),
    # The cookies of sessions, by the names that frameworks give them; a UUID stays.
    form(
        AUTHORIZATION,
        "sessionid sessid connect.sid aspxauth session_id",
        r"(?:JSESSIONID|PHPSESSID|connect\.sid|ASPXAUTH|ASP\.NET_SessionId)[\"']?[ ]?[=:][ ]?[\"']?([\w%.+/=-]{12,}+)",
        flags=ANY,
    ),
    form(
        AUTHORIZATION,
        "session csrf xsrf",
        r"(?:session(?:_?id)?|(?:csrf|xsrf)[_-]?token)\\?[\"']?[ ]?[=:][ ]?\\?[\"']?(?!CA[0-9a-f]{32})",
        r"(?-i:(?=[\w%.+/-]{0,99}[A-Z])(?=[\w%.+/-]{0,99}[a-z])(?=[\w%.+/-]{0,99}\d)([\w%.+/-]{20,4096}+))",
        flags=ANY,
    ),
)
