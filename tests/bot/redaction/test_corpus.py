"""Generated secrets in many carriers go, and harmless lines stay as they are."""

import json
import re
from collections import Counter

import pytest

from bot.redaction.redact import redact
from tests.bot.redaction.corpus import CARRIERS, carried
from tests.bot.redaction.harmless_lines import harmless

SEED = 20261128
SECRETS = 10  # in each carrier
LINES = 5000
PART = 6  # so many characters of a secret in a row are too many


def _leaves(text: str, secret: str) -> bool:
    """Whether *text* holds a part of *secret*."""
    return any(secret[at : at + PART] in text for at in range(max(1, len(secret) - PART + 1)))


def test_secrets_in_carriers() -> None:
    """At most 1 % of the secrets pass, from at least 40 carriers, and each carrier shows its own secret first."""
    samples = list(carried(SEED, SECRETS))
    assert len(CARRIERS) >= 40
    assert len(samples) >= 400
    assert [sample for sample in samples if sample.secret not in sample.text] == []
    passed = [sample for sample in samples if _leaves(redact(sample.text).text, sample.secret)]
    print(f"{len(samples)} secrets in {len(CARRIERS)} carriers: {len(passed)} passed")
    assert len(passed) <= len(samples) / 100, Counter(sample.carrier for sample in passed)


def test_harmless_lines() -> None:
    """At most 1 % of harmless log lines change."""
    changed = [line for line in harmless(SEED, LINES) if redact(line).text != line]
    print(f"{LINES} harmless lines: {len(changed)} changed")
    assert len(changed) <= LINES / 100, changed[:20]


def test_twice() -> None:
    """Redacting what is redacted changes nothing."""
    once = [redact(sample.text).text for sample in carried(SEED + 1, 2)]
    assert [text for text in once if redact(text).text != text] == []


def test_table_of_two_columns() -> None:
    """A row of a name and its value is not taken for the head of a table."""
    assert redact("| username | bob |\n| ttl | 600 |").text == "| username | bob |\n| ttl | 600 |"
    assert redact("user | credential\n-----+-----\nbob | sesame").text == (
        "user | credential\n-----+-----\nbob | [TURN credential removed]"
    )


SECRET_TABLES = (
    "user   Mot de passe role\n----   ------------ ----\nann    sesame       admin",
    "<tr><th>User</th><th>Senha</th></tr>\n<tr><td>ann</td><td>sesame</td></tr>",
    "Model,Kennwort\nT46,sesame#1",
    "> login;pwd\n> ann;sesame",
    "2026-11-22 09:23:39 INFO host | token\n2026-11-22 09:23:39 INFO t.a | sesame",
    json.dumps({"message": "host,password,port\nt.a,sesame,443"}),
)


@pytest.mark.parametrize("text", SECRET_TABLES)
def test_tables_in_other_texts(text: str) -> None:
    """Tables of PowerShell, of HTML, in quotes, in logs, and in JSON have the same columns."""
    redacted = redact(text).text
    assert "sesame" not in redacted
    assert len(re.findall(r"\[[A-Za-z ]+ removed\]", redacted)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "jwt: token is expired by 921m12s",
        "token_type=bearer token_ttl=225s",
        "export apiSecret=YOUR_AUTH_TOKEN",
        "snmp-server community <community> RO 12",
        "the login code 31009, and PIN: 31009",
        "Should the RADIUS secret be quoted?",
        "OLDPWD=/home/bob",
        "the password of the tunnel is wrong",
        "WARNING! Using --password via the CLI is insecure. Use --password-stdin.",
        '{"required":["username","password"]}',
        "usage: curl -u <sid>:<token> URL; turnadmin -a -u <username> -p <password>",
        'modparam("auth_db", "password_column", "password")',
        "password: (empty)",
        'psql "postgres://USER:PASSWORD@HOST:5432/DB"',
        'curl -H "Authorization: Bearer $TOKEN" -u "$SID:$AUTH_TOKEN" https://api.example/v1',
        "export TWILIO_API_SECRET=your_api_secret_here",
        "PASSWORD_FILE=/run/secrets/db TOKEN_URL=https://id.example/token2",
        "proxy_set_header Authorization $http_authorization;",
        "x-api-key: ${API_KEY_1}",
        "I changed the password to the VPN; reset the password in config2.yaml",
        "tls: certificate serial cbfff76ac72121a2bda0a199727ce091, issuer CN=R3",
        "Record-Route: <sip:54.102.197.179:5060;lr;ftag=641674dd>",
        "4633: session 00200000000000224: usage: rp=4633, rb=38491",
        "NAME   TYPE   DATA   AGE",
        "$ kubectl get secrets\nNAME   TYPE   DATA",
    ],
)
def test_names_without_a_secret(text: str) -> None:
    """Words, placeholders, folders, and error codes stay."""
    assert redact(text).text == text


HARMLESS_TABLES = (
    "user,password_changed_at,host\nalice,2026-11-01,db1\nbob7,2026-11-02,db1x7",
    "| user | has_password | tokens |\n|---|---|---|\n| alice1 | t | 17 |",
    "host | state | token\n-----+-------+--------\ndb1 | open7 | expired",
    " Column   | Type | Nullable\n----------+------+---------\n password | text | not null\n token_id | int7 | b",
    "NAME      READY   SECRET     AGE\nturn-7c   True    turn-tls   12d",
    "kind\tsecret\nname\tturn-tls",
    "enter user, password\nthen click login2, and wait 30 s",
    "INFO   token    refreshed   ok\nINFO   relay1   connected   hub7",
)


@pytest.mark.parametrize("text", HARMLESS_TABLES)
def test_tables_without_a_secret_stay(text: str) -> None:
    """A date, a count, a state, the name of a column, and words in a sentence are no secrets."""
    assert redact(text).text == text


def test_encodings_inside_each_other() -> None:
    """Percent signs in percent signs, and base64 in a URL, are seen through."""
    assert redact("q=%257B%2522password%2522%253A%2522sesame%2522").text.count("sesame") == 0
    state = redact("state=eyJ1c2VyIjogImJvYiIsICJwYXNzd29yZCI6ICJzZXNhbWUifQ%3D%3D").text
    assert state == "state=[password removed]"


def test_proxy_scheme_stays() -> None:
    """Only the user and the password of a proxy's address go."""
    assert redact('proxy="http://web:s3cr3t@proxy.example:3128"').text == (
        'proxy="http://[password removed]@proxy.example:3128"'
    )


def test_user_of_a_database_stays() -> None:
    """A name alone is no secret where people log in with a password; elsewhere it may be a token."""
    for text in (
        "postgresql://lineman@/test1",
        "u=mysql+pymysql%3A%2F%2Fapp@db1/x",
        "git clone ssh://git@host.example/x",
    ):
        assert redact(text).text == text
    assert redact("postgresql://lineman:s3same@db/x").text == "postgresql://[password removed]@db/x"
    assert redact("https://sesame@api.example").text == "https://[access token removed]@api.example"
