# ruff: noqa: RUF001 - tables of samples, look-alikes among them
"""Made-up secrets and what carries them in pastes and logs: the same ones for the same seed.

A carrier takes one secret and gives a text with it, as a tool, a shell, a table, a log, or a person would write it.
The test looks for the secret's own characters, in the encoding of its carrier.
"""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

LETTERS: Final = string.ascii_letters + string.digits
HEX: Final = "0123456789abcdef"
WORDS: Final = (
    "orange",
    "winter",
    "Monday",
    "dragon",
    "hunter",
    "Lisbon",
    "coffee",
    "harbor",
    "Sommer",
    "verano",
)


@dataclass(frozen=True, slots=True)
class Carried:
    """A text, and what must not be left of it."""

    carrier: str
    text: str
    secret: str


def some(chance: random.Random, letters: str, length: int) -> str:
    return "".join(chance.choice(letters) for _ in range(length))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def password(chance: random.Random) -> str:
    """A password as people choose them, or as a generator makes them."""
    word, number = chance.choice(WORDS), str(chance.randrange(10, 9999))
    sign = chance.choice("!#$%+-_.@/*?=")
    shapes = [
        word + number,
        word + sign + number,
        f"{word}-{chance.choice(WORDS)}-{number}",
        sign.join((word, chance.choice(WORDS), number)),
        some(chance, LETTERS, 10) + number,
        some(chance, LETTERS + "!#$%+-_.@/*?", 14) + "7k",
    ]
    return chance.choice(shapes)


def simple_password(chance: random.Random) -> str:
    """A password with digits and without characters that a shell or a table takes for its own."""
    return chance.choice(WORDS) + chance.choice(("", "-", "_")) + str(chance.randrange(10, 9999))


def digits(chance: random.Random) -> str:
    """A one-time code."""
    return str(chance.randrange(100_000, 1_000_000))


def jwt(chance: random.Random) -> str:
    """A Twilio access token; some writers put a space after the brace."""
    head = base64.urlsafe_b64encode(chance.choice((b'{ "alg": "HS256" }', b'{"typ":"JWT","alg":"HS256"}')))
    body = _part(
        {"iss": "SK0", "exp": chance.randrange(10**9), "grants": {"identity": some(chance, LETTERS, 8)}}
    )
    return f"{head.decode().rstrip('=')}.{body}.{some(chance, LETTERS + '-_', 43)}"


def hexadecimal(chance: random.Random) -> str:
    """An auth token: 32 hexadecimal digits."""
    return "a7" + some(chance, HEX, 30)


def api_secret(chance: random.Random) -> str:
    """The secret of an API key: 32 letters and digits."""
    return "aB3" + some(chance, LETTERS, 29)


def cloud_secret(chance: random.Random) -> str:
    """A cloud provider's secret key: 40 characters of base64."""
    return "wJ4" + some(chance, LETTERS + "/+", 36) + "K"


def push_token(chance: random.Random) -> str:
    """A registration token of Firebase Cloud Messaging."""
    return f"{some(chance, LETTERS + '-_', 22)}:APA91b{some(chance, LETTERS + '-_', 134)}"


def stripe_key(chance: random.Random) -> str:
    """A test key of a payment service."""
    return "sk" + "_test_" + some(chance, LETTERS, 24)


def basic(chance: random.Random) -> str:
    """The base64 of an account's SID and its token, as HTTP Basic has it."""
    pair = f"AC{some(chance, HEX, 32)}:{hexadecimal(chance)}"
    return base64.b64encode(pair.encode()).decode()


def phone(chance: random.Random) -> str:
    """A phone number, in one of the ways of writing it that belong to nobody's real number here."""
    last = some(chance, "0123456789", 4)
    shapes = [
        f"%2B1415555{last}",
        f"+1_415_555_{last}",
        f"+1 (415) 555-{last}",
        f"+49 30 5550 {last}",
        f"+34.915.55.{last}",
        f"+81-3-5550-{last}",
        f"00 44 20 7946 {last}",
        f"+91 98765 4{last}",
    ]
    return chance.choice(shapes)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _b64_of_halves(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


Carry = Callable[[str], str]
Maker = Callable[[random.Random], str]
Same = Callable[[str], str]


def _as_is(secret: str) -> str:
    return secret


# name: what makes the secret, the text around it, and how the secret is written in there.
CARRIERS: Final[dict[str, tuple[Maker, Carry, Same]]] = {
    "xml element": (
        password,
        lambda s: f"<auth><user>bob</user><password>{escape(s)}</password></auth>",
        escape,
    ),
    "xml attribute": (
        password,
        lambda s: f'<turn url="turn:t.example" credential="{escape(s)}" ttl="60"/>',
        escape,
    ),
    "table with bars": (
        simple_password,
        lambda s: f"| username | bob |\n| credential | {s} |\n| ttl | 600 |",
        _as_is,
    ),
    "table with spaces": (
        simple_password,
        lambda s: f"host        t.example\npassword    {s}\nport        3478",
        _as_is,
    ),
    "table with tabs": (simple_password, lambda s: f"realm\texample\nsecret\t{s}\nport\t443", _as_is),
    "turnutils": (password, lambda s: f"turnutils_uclient -t -u lab -w '{s}' -p 3478 t.example", _as_is),
    "turnutils bare": (simple_password, lambda s: f"$ turnutils_uclient -u lab -w {s} -T t.example", _as_is),
    "curl user": (password, lambda s: f"curl -v -u 'bob:{s}' https://api.example/x", _as_is),
    "curl user joined": (simple_password, lambda s: f"curl -ubob:{s} https://api.example/x", _as_is),
    "curl cookie": (api_secret, lambda s: f"curl -b session={s} https://app.example/", _as_is),
    "curl cookie long": (
        simple_password,
        lambda s: f'curl --cookie "sid={s}; lang=en" https://app.example/',
        _as_is,
    ),
    "curl data": (
        password,
        lambda s: f"curl -d 'user=bob&password={quote(s, safe='')}' https://a.example/",
        lambda s: quote(s, safe=""),
    ),
    "curl proxy user": (
        simple_password,
        lambda s: f"curl -x proxy:3128 -U bob:{s} https://api.example/x",
        _as_is,
    ),
    "proxy variable": (simple_password, lambda s: f"export HTTPS_PROXY=bob:{s}@proxy.example:3128", _as_is),
    "proxy variable with scheme": (
        password,
        lambda s: f"https_proxy=http://bob:{s}@proxy.example:3128/",
        _as_is,
    ),
    "url with user": (password, lambda s: f"GET https://bob:{s}@api.example/v1 failed", _as_is),
    "turn url": (simple_password, lambda s: f"turn:bob:{s}@t.example:3478?transport=udp", _as_is),
    "token in json": (jwt, lambda s: json.dumps({"event": "registered", "token": s}), _as_is),
    "token bare": (jwt, lambda s: f"2026-11-22 09:23:39 ERROR token {s} expired", _as_is),
    "token in url": (jwt, lambda s: f"wss://chunderw-vpc-gll.twilio.com/signal?AccessToken={s}&x=1", _as_is),
    "token escaped": (jwt, lambda s: json.dumps({"body": json.dumps({"jwt": s})}), _as_is),
    "sentence": (simple_password, lambda s: f"I can log in with password {s} but no audio", _as_is),
    "sentence is": (simple_password, lambda s: f"my password is {s}, can you try?", _as_is),
    "german": (simple_password, lambda s: f"Benutzer: bob Passwort: {s}", _as_is),
    "spanish": (password, lambda s: f"usuario: ana, contraseña: {s}", _as_is),
    "french": (simple_password, lambda s: f"le mot de passe est {s} et rien ne marche", _as_is),
    "portuguese": (simple_password, lambda s: f"senha: {s}", _as_is),
    "italian": (simple_password, lambda s: f"la mia parola d'ordine: {s}", _as_is),
    "japanese": (simple_password, lambda s: f"パスワード：{s} でログインできません", _as_is),
    "dutch": (simple_password, lambda s: f"wachtwoord = {s}", _as_is),
    "cloud variable": (cloud_secret, lambda s: f"export AWS_SECRET_ACCESS_KEY={s}", _as_is),
    "cloud file": (
        cloud_secret,
        lambda s: f"[default]\naws_secret_access_key = {s}\nregion = us-east-1",
        _as_is,
    ),
    "basic header": (basic, lambda s: f"> Authorization: Basic {s}", _as_is),
    "basic bare": (basic, lambda s: f"credentials sent: {s} -> 401", _as_is),
    "payment key": (stripe_key, lambda s: f"Stripe({s}) ready; Device registered", _as_is),
    "push token": (push_token, lambda s: f"D/FCM: onNewToken {s}", _as_is),
    "phone": (phone, lambda s: f"call from {s} ended with 31005", _as_is),
    "phone in url": (phone, lambda s: f"POST /Calls?To={s}&From=client", _as_is),
    "encoded json": (simple_password, lambda s: "q=" + quote(json.dumps({"password": s}), safe=""), _as_is),
    "xml in json": (password, lambda s: json.dumps({"raw": f"<pass>{escape(s)}</pass>"}), escape),
    "base64 of json": (
        password,
        lambda s: "payload=" + _b64(json.dumps({"user": "bob", "password": s})),
        lambda s: _b64(json.dumps({"user": "bob", "password": s}))[12:-8],
    ),
    "auth token": (hexadecimal, lambda s: f"TWILIO_AUTH_TOKEN={s}", _as_is),
    "auth token in shell": (hexadecimal, lambda s: f"twilio login --auth-token {s} AC", _as_is),
    "key secret": (api_secret, lambda s: f"apiKeySecret: '{s}',", _as_is),
    "env of a container": (simple_password, lambda s: f"docker run -e DB_PASSWORD={s} -p 80:80 app", _as_is),
    "html entity": (password, lambda s: f"{{&quot;credential&quot;:&quot;{escape(s)}&quot;}}", escape),
    "ini": (password, lambda s: f"[turn]\nuser=bob\npass={s}\n", _as_is),
    "command line": (simple_password, lambda s: f"app --user bob --password {s} --port 443", _as_is),
    "connection string": (
        api_secret,
        lambda s: f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={s}==;",
        _as_is,
    ),
    "setting in xml": (
        password,
        lambda s: f'<add key="TurnPassword" value="{escape(s)}" />',
        escape,
    ),
    "field of a har file": (
        password,
        lambda s: json.dumps(
            {"params": [{"name": "password", "value": s}, {"name": "code", "value": "31005"}]}
        ),
        _as_is,
    ),
    "variable of a pod": (simple_password, lambda s: f"- name: DB_PASSWORD\n  value: {s}\n", _as_is),
    "block of yaml": (simple_password, lambda s: f"turn:\n  password: |\n    {s}\n  ttl: 60", _as_is),
    "arrow": (simple_password, lambda s: f"password -> {s}", _as_is),
    "quotes of french": (simple_password, lambda s: f"mot de passe : « {s} »", _as_is),
    "japanese sentence": (simple_password, lambda s: f"パスワードは {s} です", _as_is),
    "two words of spanish": (simple_password, lambda s: f"clave de acceso={s}", _as_is),
    "access key": (api_secret, lambda s: f"Endpoint=sb://x.example/;SharedAccessKey={s}=", _as_is),
    "csv": (simple_password, lambda s: f"user,password,host\nann,,t.example\nbob,{s},t.example", _as_is),
    "csv of german": (password, lambda s: f'"Benutzer";"Kennwort"\n"ann";"{s}"', _as_is),
    "markdown": (simple_password, lambda s: f"|Nom|Mot de passe|\n|:-|-|\n|ann||\n|bob|{s}|", _as_is),
    "columns of a tool": (
        simple_password,
        lambda s: f"NAME       TOKEN           AGE\nturn-7c    {s:15} 3d\nhub                        2d",
        _as_is,
    ),
    "columns with a rule": (simple_password, lambda s: f"host  senha\n----  -----\nt.a   {s}", _as_is),
    "powershell": (
        simple_password,
        lambda s: "powershell -EncodedCommand " + _b64_of_halves(f"$password = '{s}'; Connect-Vpn"),
        lambda s: _b64_of_halves(f"$password = '{s}'; Connect-Vpn")[24:-32],
    ),
    "halves": (simple_password, lambda s: "\0".join(f"Passwort: {s}\r\n"), lambda s: "\0".join(s)),
    "look-alike letters": (password, lambda s: f"р\u00adаsswоrd: {s}", _as_is),
    "bold letters": (simple_password, lambda s: f"𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝 = {s}", _as_is),
    "quoted printable": (simple_password, lambda s: f"Hola, la contrase=C3=B1a=\n =3D {s}", _as_is),
    "escaped words": (simple_password, lambda s: json.dumps({"m": json.dumps({"パスワード": s})}), _as_is),
    "netrc": (simple_password, lambda s: f"machine t.example\n  login bob\n  password {s}\n", _as_is),
    "pgpass": (password, lambda s: f"db.example:5432:*:bob:{s}", _as_is),
    "secret of a cluster": (password, lambda s: f"kind: Secret\ndata:\n  x.conf: {_b64(s)}\n", _b64),
    "net use": (simple_password, lambda s: f"net use Z: \\\\srv\\x {s} /user:D\\bob", _as_is),
    "insert": (simple_password, lambda s: f"INSERT INTO u (n, password) VALUES ('a', '{s}')", _as_is),
    "wrapped": (simple_password, lambda s: f'Turn {{ password: Some("{s}"), ttl: 60 }}', _as_is),
    "property": (simple_password, lambda s: f'<property name="clave">{s}</property>', _as_is),
    "array of php": (simple_password, lambda s: f"[user] => bob\n[db_pass] => {s}\n", _as_is),
    "sip": (simple_password, lambda s: f"register sip:bob:{s}@pbx.example;transport=tls", _as_is),
    "radius server": (
        simple_password,
        lambda s: f"radius-server host 192.0.2.5 auth-port 1812 key 0 {s}",
        _as_is,
    ),
    "tacacs server": (api_secret, lambda s: f"tacacs-server key 7 {s}", _as_is),
    "isakmp": (simple_password, lambda s: f"crypto isakmp key {s} address 192.0.2.11", _as_is),
    "line vty": (api_secret, lambda s: f"line vty 0 4\n password {s}\n login", _as_is),
    "pre-shared key": (
        simple_password,
        lambda s: f'set security ike policy p pre-shared-key ascii-text "{s}"',
        _as_is,
    ),
    "pre-shared secret": (
        simple_password,
        lambda s: f"set vpn ipsec site-to-site peer 192.0.2.1 authentication pre-shared-secret {s}",
        _as_is,
    ),
    "encrypted by a router": (simple_password, lambda s: f'secret "$9${s}"; ## SECRET-DATA', _as_is),
    "snmp agent": (simple_password, lambda s: f"snmp-agent community read cipher {s}", _as_is),
    "snmp user": (
        simple_password,
        lambda s: f"snmp-server user mon grp v3 auth sha {s} priv aes 128 {s}",
        _as_is,
    ),
    "wireless": (simple_password, lambda s: f"uci set wireless.@wifi-iface[0].key='{s}'", _as_is),
    "ipsec.secrets": (password, lambda s: f'192.0.2.4 pbx.example : PSK "{s}"', _as_is),
    "wireguard": (cloud_secret, lambda s: f"[Peer]\nPublicKey = AAAA\nPresharedKey = {s}=", _as_is),
    "vpnc": (simple_password, lambda s: f"IPSec gateway 192.0.2.1\nIPSec secret {s}", _as_is),
    "code in a message": (digits, lambda s: f"Your verification code is {s}. It expires soon.", _as_is),
    "code first": (digits, lambda s: f"{s} is your login code. Do not share it.", _as_is),
    "code in Spanish": (digits, lambda s: f"Su código de verificación es {s}", _as_is),
    "code in Japanese": (digits, lambda s: f"認証コード: {s}", _as_is),
    "short name": (simple_password, lambda s: f"dbPwd={s}", _as_is),
    "shell's name": (simple_password, lambda s: f"REG_PW={s}", _as_is),
    "name with a number": (simple_password, lambda s: f'sipPasswordForLine1="{s}"', _as_is),
    "ftp's log": (simple_password, lambda s: f"---> PASS {s}\n<--- 530 Login incorrect", _as_is),
    "imap": (simple_password, lambda s: f'a1 LOGIN bob "{s}"', _as_is),
    "auth login in parts": (
        simple_password,
        lambda s: f"S: 334 UGFzc3dvcmQ6\nC: {_b64(s)}\nS: 535 5.7.8 failed",
        _b64,
    ),
    "haproxy": (simple_password, lambda s: f"stats auth bob:{s}", _as_is),
    "mqtt": (simple_password, lambda s: f"mosquitto_pub -h mq.example -u bob -P {s} -t x -m 1", _as_is),
    "sipp": (simple_password, lambda s: f"sipp sbc.example -sf register.xml -au 5842 -ap {s} -m 1", _as_is),
    "radtest": (simple_password, lambda s: f"radtest bob {s} 192.0.2.7 0 {s}", _as_is),
    "radiusd": (
        simple_password,
        lambda s: f"radiusd[751]: Login incorrect: [bob/{s}] (from client ap1)",
        _as_is,
    ),
    "signed address": (
        api_secret,
        lambda s: f"https://x.blob.example/call.wav?sv=2022-11-02&sp=r&sig={s}%3D",
        _as_is,
    ),
    "password of something": (simple_password, lambda s: f"The pre-shared key of the tunnel is {s}", _as_is),
    "password changed": (simple_password, lambda s: f"We changed the password from {s} to {s}", _as_is),
    "Wi-Fi in German": (simple_password, lambda s: f"Der WLAN-Schlüssel ist {s}", _as_is),
    "quotes in French": (simple_password, lambda s: f"le mot de passe « {s} » ne marche pas", _as_is),
    "cookies of a har file": (
        api_secret,
        lambda s: json.dumps({"cookies": [{"name": "lang", "value": "en"}, {"name": "sid", "value": s}]}),
        _as_is,
    ),
    "name in camel case": (simple_password, lambda s: json.dumps({"motDePasse": s}), _as_is),
    "element in camel case": (
        simple_password,
        lambda s: f"<AuthenticatePassword>{s}</AuthenticatePassword>",
        _as_is,
    ),
    "head with a noun": (
        simple_password,
        lambda s: f"Nome\tServer SIP\tPassword SIP\nAnna\tt.example\t{s}",
        _as_is,
    ),
    "box": (
        simple_password,
        lambda s: f"┌────┬────┐\n│ User     │ bob\n│ Password │ {s}\n└────┴────┘",
        _as_is,
    ),
    "printed by a command": (
        simple_password,
        lambda s: f"$ kubectl get secret sip -o jsonpath='{{.data.pw}}' | base64 -d\n{s}\n$ ls",
        _as_is,
    ),
    "variable with a noun": (simple_password, lambda s: f"USUARIO=bob\nSENHA_SIP={s}", _as_is),
    "argument": (password, lambda s: f'new AuthCredInfo("digest", "*", "bob", 0, "{s}");', _as_is),
    "argument in a trace": (
        simple_password,
        lambda s: f"#0 cdr.php(12): PDO->__construct('mysql:host=db.example', 'bob', '{s}')",
        _as_is,
    ),
    "user and password": (
        cloud_secret,
        lambda s: f"ICE server turn:192.0.2.4:3478 username bob password {s}",
        _as_is,
    ),
    "header that is set": (api_secret, lambda s: f'proxy_set_header X-Api-Key "{s}";', _as_is),
    "credential of kamailio": (
        password,
        lambda s: f'modparam("uac","credential","bob:t.example:{s}")',
        _as_is,
    ),
    "words between": (simple_password, lambda s: f"the auth token we use is {s}, calls fail", _as_is),
    "changed in German": (simple_password, lambda s: f"Ich habe das Passwort auf {s} geändert.", _as_is),
    "changed in French": (simple_password, lambda s: f"J'ai changé le mot de passe en {s} hier.", _as_is),
    "changed in Portuguese": (simple_password, lambda s: f"Mudei a senha para {s} mas dá 403.", _as_is),
    "changed in Japanese": (simple_password, lambda s: f"パスワードを「{s}」に変更しました", _as_is),
    "adjective in Spanish": (simple_password, lambda s: f"la contraseña temporal es {s}", _as_is),
    "noun in French": (simple_password, lambda s: f"mon mot de passe SIP : {s}, identifiant bob", _as_is),
    "noun in Polish": (simple_password, lambda s: f"nowe hasło do konta SIP: {s}", _as_is),
    "dash in Russian": (simple_password, lambda s: f"мой пароль — {s}, внутренний 214", _as_is),
    "joined in Chinese": (simple_password, lambda s: f"SIP密码: {s}", _as_is),
    "bold mark": (simple_password, lambda s: f"*password:* `{s}` *user:* `bob`", _as_is),
    "bold in html": (simple_password, lambda s: f"<p><b>Mot de passe&nbsp;:</b> {s}</p>", _as_is),
    "next line": (
        simple_password,
        lambda s: f"the following password for the test:\n\n    {s}\n\nBye",
        _as_is,
    ),
    "next message": (simple_password, lambda s: f"bob: send me the sip password?\nann: {s}\nbob: ok", _as_is),
    "login with a slash": (simple_password, lambda s: f"my login: bob / {s} (same as before)", _as_is),
    "cdata": (
        password,
        lambda s: f"<login><name>bob</name><password><![CDATA[{s}<x]]></password></login>",
        _as_is,
    ),
    "element with a number": (
        simple_password,
        lambda s: f'<Password_1_ ua="na">{s}</Password_1_>\n<User_ID_1_>bob</User_ID_1_>',
        _as_is,
    ),
    "echo to base64": (
        api_secret,
        lambda s: f"echo '{_b64(s)}' | base64 --decode   # the admin password",
        _b64,
    ),
    "note before the colon": (api_secret, lambda s: f"password (base64): {_b64(s)}", _b64),
    "name above": (simple_password, lambda s: f"Username\nbob\nAdmin password\n{s}\nSave   Cancel", _as_is),
    "parentheses": (simple_password, lambda s: f"Our new password ({s}) does not work.", _as_is),
    "form in a ticket": (simple_password, lambda s: f"*Kunde*: Acme\n*Zugangspasswort*: `{s}`", _as_is),
    "noun in a ticket": (simple_password, lambda s: f"*Client* : Acme\n*Mot de passe SIP* : `{s}`", _as_is),
    "secret key in Italian": (simple_password, lambda s: f"Cliente: Acme | Chiave segreta: {s} | P2", _as_is),
    "secret key in Japanese": (simple_password, lambda s: f"お客様：Acme | 秘密鍵：{s} | P1", _as_is),
    "adverb in German": (
        simple_password,
        lambda s: f"Das Passwort war bisher {s}, jetzt geht nichts.",
        _as_is,
    ),
}


def carried(seed: int, each: int = 10) -> Iterator[Carried]:
    """Yield *each* secrets in every carrier."""
    chance = random.Random(seed)
    for name, (make, carry, written) in CARRIERS.items():
        for _ in range(each):
            secret = make(chance)
            yield Carried(name, carry(secret), written(secret))
