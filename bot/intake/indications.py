"""Rank causes by what machines say: output of tools, logs, and consoles.

Pure. An indication ranks causes and proves nothing: what proves is in the questions' `device` rules. What a
failure points to depends on the service that it concerns.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.intake.fitting import is_on
from bot.intake.target_service import service_at
from bot.model.request import Vocabulary
from bot.model.symptom_match import CauseCandidate, MatchVerdict, SymptomMatch
from knowledge.model.schema import Knowledge
from knowledge.reasoning.device import PLACED
from probes.protocol.failures import Failure
from probes.protocol.model import Observation

_DNS: Final = tuple(failure.value for failure in Failure if failure.value.startswith("dns_"))
_FOREIGN: Final = (
    Failure.SSL_UNKNOWN_AUTHORITY, Failure.SSL_LOCAL_AUTHORITY, Failure.SSL_INVALID_HOSTNAME, Failure.SSL_NOT_TLS,
)  # fmt: skip
_MISDATED: Final = (Failure.SSL_EXPIRED_CERTIFICATE, Failure.SSL_NOT_YET_VALID_CERTIFICATE)
_SHUT: Final = (
    Failure.GENERIC_TIMEOUT_ERROR, Failure.CONNECTION_REFUSED, Failure.ADMIN_PROHIBITED, Failure.HOST_UNREACHABLE,
    Failure.CONNECTION_ABORTED, Failure.EOF_ERROR, "denied",
)  # fmt: skip
_NOT_UPGRADED: Final = (Failure.WEBSOCKET_UPGRADE_REFUSED, Failure.WEBSOCKET_UPGRADE_STRIPPED)
_ANY: Final = ""
_OLD: Final = "old signaling"
_OLD_PORTS: Final = (10193, 10194)  # of signaling: only mobile SDKs before 3.0 use them

# (service, or any; signs; causes, the likeliest first). The first line that fits decides.
_POINTS_TO: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("insights", (*_DNS, *_SHUT, Failure.CONNECTION_RESET), ("insights-blocked",)),
    ("insights", ("blocked_by_client",), ("insights-blocked", "browser-extension")),
    ("registration", (Failure.DNS_BOGON_ERROR,), ("registration-blocked", "dns-failing")),
    ("registration", (*_SHUT,), ("registration-blocked", "no-network")),
    ("registration", (Failure.CONNECTION_RESET,), ("registration-blocked", "tls-intercepted")),
    (_OLD, (*_SHUT, Failure.CONNECTION_RESET), ("legacy-signaling-port",)),
    ("turn", _SHUT, ("turn-blocked", "turn-partly-blocked")),
    ("media", _SHUT, ("media-udp-blocked", "turn-required")),
    ("media", ("one_way",), ("media-udp-one-way", "media-udp-blocked")),
    ("signaling", _SHUT, ("signaling-blocked", "edge-unreachable", "no-network")),
    ("signaling", (Failure.CONNECTION_RESET,), ("signaling-blocked", "websocket-blocked", "tls-intercepted")),
    (_ANY, (Failure.DNS_TIMEOUT_ERROR, Failure.DNS_UNREACHABLE_ERROR), ("dns-failing", "no-network")),
    (_ANY, _DNS, ("dns-failing", "no-network")),
    (_ANY, _FOREIGN, ("tls-intercepted", "captive-portal", "tls-too-old")),
    (_ANY, _MISDATED, ("clock-skew", "certificate-out-of-date", "tls-intercepted")),
    (_ANY, (Failure.SSL_FAILED_HANDSHAKE,), ("tls-too-old", "tls-intercepted")),
    (_ANY, (Failure.PROXY_AUTH_REQUIRED,), ("proxy-login", "proxy-required")),
    (_ANY, (Failure.PROXY_REFUSED, Failure.PROXY_UNREACHABLE), ("proxy-required", "websocket-blocked")),
    (_ANY, (Failure.NETWORK_UNREACHABLE, Failure.NETWORK_DOWN), ("no-network", "network-change")),
    (_ANY, _NOT_UPGRADED, ("websocket-blocked", "proxy-required")),
    (_ANY, (Failure.WEBSOCKET_CLOSED, "websocket_failed"), ("websocket-blocked", "signaling-blocked")),
    (_ANY, ("websocket_silent",), ("websocket-blocked", "network-change", "packet-loss")),
    (_ANY, ("captive_portal",), ("captive-portal", "websocket-blocked")),
    (_ANY, ("network_changed",), ("network-change", "no-network")),
    (_ANY, ("suspended",), ("client-asleep", "network-change")),
    (_ANY, ("content_policy",), ("content-policy",)),
    (_ANY, ("blocked_by_client",), ("browser-extension",)),
    (_ANY, ("ice_failed",), ("media-udp-blocked", "turn-required", "turn-blocked")),
    (_ANY, ("relay_only",), ("media-udp-blocked", "turn-required")),
    (_ANY, ("no_relay",), ("turn-blocked", "turn-credentials-stale")),
    (_ANY, (Failure.TURN_UNAUTHORIZED, Failure.TURN_STALE_NONCE), ("turn-credentials-stale",)),
    (_ANY, ("dtls_failed",), ("dtls-failing",)),
    (_ANY, ("microphone_denied",), ("microphone-denied",)),
    (_ANY, ("microphone_missing", "microphone_busy"), ("microphone-unavailable",)),
    (_ANY, ("input_silent",), ("microphone-unavailable", "microphone-denied")),
    (_ANY, ("page_not_allowed",), ("microphone-denied", "autoplay-blocked")),
    (_ANY, ("mixed_content",), ("insecure-page", "app-error", "content-policy")),
    (_ANY, ("tls_broken",), ("tls-intercepted", "captive-portal", "signaling-blocked")),
    (_ANY, ("autoplay", "autoplay_notice"), ("autoplay-blocked",)),
    (_ANY, ("insecure_page",), ("insecure-page", "microphone-denied")),
    (_ANY, ("no_webrtc",), ("browser-extension", "media-engine-old", "insecure-page")),
    (_ANY, ("token_expired",), ("token-expired",)),
    (_ANY, ("token_invalid",), ("token-invalid", "region-mismatch")),
    (_ANY, ("registration_overlap",), ("registration-overlap",)),
    (_ANY, ("registration_refused",), ("push-registration", "token-invalid", "request-malformed")),
    (_ANY, ("registration_unavailable",), ("service-failing",)),
    (_ANY, ("packet_loss",), ("packet-loss", "quality-poor")),
    (_ANY, ("poor_quality",), ("quality-poor", "packet-loss")),
    (_ANY, ("hangup", "call_declined"), ("call-outcome",)),
    (_ANY, ("callee_unknown",), ("number-wrong", "twiml-app-wrong", "call-outcome")),
    (_ANY, ("call_forbidden",), ("account-restricted", "caller-id-invalid", "call-outcome")),
    (_ANY, ("service_error",), ("service-failing", "webhook-slow")),
    (_ANY, ("silent_stream",), ("microphone-unavailable", "media-udp-one-way")),
    (_ANY, ("app_error",), ("app-error",)),
    (_ANY, (*_SHUT, Failure.CONNECTION_RESET), ("signaling-blocked", "registration-blocked", "no-network")),  # no host
)  # fmt: skip

# They concern one call beside others, or happen on healthy networks as well.
_WEAK: Final = frozenset({"insights-blocked", "packet-loss", "quality-poor"})
_WEAK_SIGNS: Final = frozenset(
    {"autoplay_notice", "input_silent", "silent_stream"}
)  # a muted call has one level, too
# They say that signaling failed, and not why. Any other sign says more.
_VAGUE: Final = frozenset({"websocket_failed", Failure.WEBSOCKET_CLOSED.value})
# These say by themselves what is wrong.
_DECISIVE: Final = frozenset({
    Failure.PROXY_AUTH_REQUIRED.value, Failure.SSL_LOCAL_AUTHORITY.value, Failure.DNS_NXDOMAIN_ERROR.value,
    Failure.NETWORK_DOWN.value, "content_policy", "autoplay", "microphone_denied", "microphone_missing",
    "token_expired", "suspended", "network_changed", "registration_overlap",
})  # fmt: skip
_SHARE: Final = 0.8  # of all confidence: what indications have beside words
_FALLING: Final = 0.35  # the next cause of one indication has so much of the one before


@dataclass(frozen=True, slots=True)
class Indication:
    """A sign of a failure at a service, and the causes that it points to, the likeliest first."""

    sign: str
    service: str
    causes: tuple[str, ...]

    @property
    def is_weak(self) -> bool:
        """Whether something else explains more, if there is anything else."""
        hostless = not self.service and self.sign in (*_SHUT, Failure.CONNECTION_RESET)
        return hostless or self.causes[0] in _WEAK or self.sign in _WEAK_SIGNS


def find_indications(
    pasted: Iterable[Observation], vocabulary: Vocabulary, knowledge: Knowledge
) -> tuple[Indication, ...]:
    """List what *pasted* points to, the strongest first. Failures of other services do not count."""
    pasted = tuple(pasted)
    cleared = frozenset(_cleared(pasted, vocabulary))
    found: dict[tuple[str, str], Indication] = {}
    for observation in pasted:
        sign = str(observation.facts.get("sign", ""))
        service = service_at(observation, vocabulary) if sign else None
        if service == "signaling" and observation.target.port in _OLD_PORTS:
            service = _OLD
        if service is None or (sign, service) in found:
            continue
        causes = tuple(cause for cause in _causes(sign, service, knowledge) if cause in knowledge.causes)
        if not observation.facts.get(PLACED):
            causes = tuple(cause for cause in causes if cause not in cleared)
        if causes:
            found[sign, service] = Indication(sign, service, causes)
    return tuple(
        sorted(
            found.values(), key=lambda item: (item.is_weak, item.sign not in _DECISIVE, item.sign in _VAGUE)
        )
    )


def _cleared(pasted: Iterable[Observation], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield causes that a handshake in the output of a tool rules out for other output of tools."""
    for observation in pasted:
        facts = observation.facts
        is_good = "sign" not in facts and (
            facts.get("tls") == "accepted" or facts.get("websocket") == "opens"
        )
        service = service_at(observation, vocabulary) if is_good and not facts.get(PLACED) else None
        if service and observation.target.port not in _OLD_PORTS:
            yield "no-network"
            if service == "signaling":
                yield "signaling-blocked"


def _causes(sign: str, service: str, knowledge: Knowledge) -> tuple[str, ...]:
    if sign.startswith("code_"):
        code = sign.removeprefix("code_")
        ranked = sorted(knowledge.causes.values(), key=lambda cause: -cause.weight.get(code, 0.0))
        return tuple(cause.id for cause in ranked[:3] if code in cause.weight)
    return next(
        (causes for where, signs, causes in _POINTS_TO if where in (_ANY, service) and sign in signs), ()
    )


def with_indications(
    match: SymptomMatch, found: Sequence[Indication], knowledge: Knowledge, platform: str
) -> SymptomMatch:
    """Put the causes of *found* before those that words describe.

    A machine's line outweighs words about it. A code that the text names outweighs weak indications.
    """
    strong = [item for item in found if not item.is_weak] or ([] if match.codes else list(found))
    weighed: dict[str, float] = {}
    for cause, weight in _weights(strong, knowledge, platform):
        weighed[cause] = weighed.get(cause, 0.0) + weight
    total = sum(weighed.values())
    if not total:
        return match
    by_words = {item.cause: item.score for item in match.causes} if match.verdict != "none" else {}
    rest = 1 - _SHARE if by_words else 0.0
    scores = {
        cause: (1 - rest) * weight / total + rest * by_words.get(cause, 0.0)
        for cause, weight in weighed.items()
    }
    scores |= {cause: rest * score for cause, score in by_words.items() if cause not in scores}
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    causes = tuple(
        CauseCandidate(cause, knowledge.causes[cause].title, round(score, 4)) for cause, score in ranked
    )
    return SymptomMatch(match.codes, match.clues, causes, _verdict(strong))


def _weights(found: Iterable[Indication], knowledge: Knowledge, platform: str) -> Iterator[tuple[str, float]]:
    for number, item in enumerate(found):
        weight = 1.0 if number == 0 else 0.5
        for cause in item.causes:
            # A machine saw the first one, so words about another platform do not take it out.
            if cause == item.causes[0] or is_on(platform, knowledge.causes[cause]):
                yield cause, weight
                weight *= _FALLING


def _verdict(found: Sequence[Indication]) -> MatchVerdict:
    """Decide only by a sign that says what is wrong, and only if no other one points elsewhere."""
    first = {item.causes[0] for item in found}
    return "sure" if len(first) == 1 and found[0].sign in _DECISIVE else "close"
