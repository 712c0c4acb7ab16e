"""Access tokens of the service for one test call in a customer's browser.

An access token is a JSON Web Token signed with HS256 (https://www.twilio.com/docs/iam/access-tokens). It is only made
here, never read, so HMAC from the standard library is all that it needs.
"""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any, Final

from bot.diagnosis.turn_settings import TurnSettings

LIFETIME: Final = 300  # seconds: a preflight test takes one minute at most
HEADER: Final = {"typ": "JWT", "alg": "HS256", "cty": "twilio-fpa;v=1"}


def make_call_token(keys: TurnSettings, twiml_app: str, identity: str, now: float) -> str:
    """Return a token that can call *twiml_app* as *identity*, and receives no calls."""
    issued = int(now)
    claims = {
        "jti": f"{keys.user}-{secrets.token_hex(8)}",
        "iss": keys.user,
        "sub": keys.account_sid,
        "iat": issued,
        "nbf": issued,
        "exp": issued + LIFETIME,
        "grants": {"identity": identity, "voice": {"outgoing": {"application_sid": twiml_app}}},
    }
    signed = f"{_part(HEADER)}.{_part(claims)}"
    signature = hmac.new(keys.secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
