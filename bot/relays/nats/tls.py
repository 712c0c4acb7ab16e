"""TLS for NATS: trust in its certificate, and proof that it was used at all."""

import ssl
from typing import Any

from bot.relays.hub.nats_settings import NatsSettings


class NotedContext(ssl.SSLContext):
    """Settings of TLS that know whether they were used. The client encrypts only if the server asks for it."""

    is_used = False

    def wrap_bio(self, *words: Any, **named: Any) -> ssl.SSLObject:
        """Begin TLS."""
        self.is_used = True
        return super().wrap_bio(*words, **named)


def tls_context(settings: NatsSettings) -> NotedContext | None:
    """Return what the connection must use; None without TLS. OSError if the authority cannot be read."""
    if not settings.is_encrypted:
        return None
    context = NotedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.authority:
        context.load_verify_locations(settings.authority)
    else:
        context.load_default_certs()
    return context
