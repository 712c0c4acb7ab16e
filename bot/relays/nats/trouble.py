"""The errors of NATS in words. They are translated here and nowhere else."""

import ssl

from nats import errors
from nats.js.errors import Error as JetStreamError

from bot.relays.hub.nats_settings import NATS_CREDENTIALS, NatsSettings
from bot.relays.hub.remote_hub import HubUnreachableError


class NatsUnavailableError(HubUnreachableError):
    """There is no connection to NATS; the message says why, as part of a sentence."""


def in_words(error: BaseException, settings: NatsSettings, denied: str) -> str:
    """Say why there is no connection, as part of a sentence; *denied* is what the server did not permit."""
    where = f"NATS at {settings}"
    match error:
        case NatsUnavailableError():
            return str(error)
        case JetStreamError() | errors.NoRespondersError():
            return f"{where} has no JetStream, or does not let this user use it"
        case errors.SecureConnRequiredError():
            return f"{where} offers no TLS"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {where} is not valid: {error.verify_message}"
        case ValueError():
            return f"the file that {NATS_CREDENTIALS} names contains no NATS credentials"
        case FileNotFoundError() | PermissionError():
            return f"{error.filename} cannot be read: {error.strerror}"
        case errors.AuthorizationError():
            return f"{where} does not accept the user or its password"
    # While it connects, the client has no type for this error.
    if "authorization violation" in str(error).casefold():
        return f"{where} does not accept the user or its password"
    return f"{where} did not permit: {denied}" if denied else f"NATS does not answer at {settings}"
