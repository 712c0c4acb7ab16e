"""Secrets in the configuration of network devices, VPNs, and Wi-Fi. Pure data.

Every pattern takes time proportional to the length of the text, and is tried only where one of its needles occurs.
"""

import re
from typing import Final

from bot.redaction.command_forms import STRONG, VALUE
from bot.redaction.secret_forms import ANY, SecretForm, form
from bot.redaction.secret_patterns import PASSWORD, PRIVATE_KEY

# How a device says that the value is encrypted, or in which form it is.
TYPE: Final = (
    r"(?:[ ]+(?:\d|ascii|ascii-text|hex|key|cipher|simple|encrypted|irreversible-cipher|read|write|ro|rw|plain)"
    r"(?=[ ]))*+"
)

DEVICE_FORMS: Final[tuple[SecretForm, ...]] = (
    # Cisco, Juniper, PAN-OS, VyOS, Huawei, MikroTik, OpenWrt
    form(
        PASSWORD,
        "pre-shared-key pre-shared-secret shared-secret authentication-key key-string wpa-psk phash",
        r"\b(?:(?:wpa2?-)?pre-shared-(?:key|secret)|shared-secret|authentication-key|key-string|wpa-psk|phash)",
        rf"{TYPE}[ =]+",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "radius-server tacacs-server isakmp",
        rf"\b(?:radius-server|tacacs-server|isakmp)\b[^\n]{{0,120}}?[ ](?:key|secret){TYPE}[ ]+(?!address\b)",
        VALUE,
        flags=ANY,
    ),
    form(PASSWORD, "radius", rf"\bradius\b[^\n]{{0,120}}?[ ](?:key|secret){TYPE}[ ]+", STRONG, flags=ANY),
    form(
        PASSWORD,
        "message-digest-key",
        r"\bmessage-digest-key[ ]\d{1,3}[ ]md5(?:[ ]\d)?[ ]+",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "snmp",
        r"\bsnmp-server[ ]user[ ][^\n]{0,100}?[ ]auth[ ](?:md5|sha\S{0,8})[ ]+",
        VALUE,
        flags=ANY,
    ),
    form(
        PASSWORD,
        "snmp",
        r"\bsnmp-server[ ]user[ ][^\n]{0,300}?[ ]priv[ ](?:des|3des|aes)(?:[ ]\d{3})?+[ ]+",
        VALUE,
        flags=ANY,
    ),
    form(PASSWORD, "snmp", r"\bsnmp\w{2,10}[ ][^\n]{0,200}?[ ]-A[ ]+", VALUE),
    form(PASSWORD, "snmp", r"\bsnmp\w{2,10}[ ][^\n]{0,300}?[ ]-X[ ]+", VALUE),
    form(PASSWORD, "rocommunity rwcommunity", r"\br[ow]community6?[ ]+(?!public\b|private\b)", VALUE),
    form(PASSWORD, "createuser", r"\bcreateUser[ ]\S{1,64}[ ](?:MD5|SHA\S{0,8})[ ]+", VALUE),
    form(PASSWORD, "createuser", r"\bcreateUser[ ][^\n]{1,200}?[ ](?:DES|AES\S{0,8})[ ]+", VALUE),
    form(
        PASSWORD,
        "password",
        r"^[ \t]{0,20}(?:(?:neighbor|local-user|user|ppp|line)[ ][^\n]{0,60}?[ ])?password",
        rf"{TYPE}[ ]+",
        STRONG,
        r"[ \t\r]*$",
        flags=ANY | re.MULTILINE,
    ),
    form(
        PASSWORD,
        "community",
        r"\b(?:snmp|snmp-agent)\b[^\n]{0,80}?\bcommunity(?:-string)?",
        rf"{TYPE}[ ]+(?!set\b|add\b|public\b|private\b)",
        STRONG,
        flags=ANY,
    ),
    form(PASSWORD, "snmp", r"\bsnmp[ ]community[ ][^\n]{0,80}?\bname=", VALUE, flags=ANY),
    form(PASSWORD, "$9$", r"[\"'](\$9\$[^\"'\s]{4,256})[\"']"),
    form(PASSWORD, "$1$ $5$ $6$ $apr1$ $2y$", r"(?<![\w$])(\$(?:1|5|6|apr1|2[aby])\$[\w./$]{8,256})"),
    form(PASSWORD, "option .key=", r"(?:^[ \t]{0,20}option[ ]key[ ]|\.key=)", STRONG, flags=re.MULTILINE),
    form(PASSWORD, "<key>", r"<pre-shared-key>\s{0,20}<key>([^<>\n]{1,4096})</", flags=ANY),
    # VPNs and Wi-Fi
    form(PASSWORD, "psk xauth eap", r"\b(?-i:PSK|XAUTH|EAP)[ ]+(?=[\"'])", VALUE, flags=ANY),
    form(PRIVATE_KEY, "presharedkey", r"\bPresharedKey[ ]?=[ ]?([\w+/=]{16,256})", flags=ANY),
    form(
        PASSWORD,
        "ipsec xauth",
        r"^[ \t]{0,20}(?:IPSec[ ]secret|Xauth[ ]password)[ ]+",
        VALUE,
        flags=ANY | re.MULTILINE,
    ),
    form(PASSWORD, "l2tppsk", r"-L2tpPsk[ ]+", VALUE, flags=ANY),
    form(PASSWORD, ".psk", r"(?<=[\w-]\.psk)(?:[ ]|:[ ]{1,40})", VALUE, flags=ANY),
    form(
        PASSWORD,
        "iwconfig",
        r"\biwconfig\b[^\n]{0,100}?[ ]key[ ](?:s:)?(?!on\b|off\b|open\b)",
        VALUE,
        flags=ANY,
    ),
    form(PASSWORD, "content", r"\bKey Content[ ]{0,40}:[ ]", VALUE, flags=ANY),
    form(PASSWORD, "wifi:", r"\bWIFI:[^\n]{0,100}?;?P:([^;\n]{1,128})", flags=ANY),
    form(PASSWORD, "wpa_passphrase", r"\bwpa_passphrase[ ]+\S{1,64}[ ]+", VALUE),
)
