"""The texts of a diagnosis as plain values: causes with evidence and fixes, and preflight guides."""

from knowledge.model.impact import Impact
from knowledge.model.platforms import Reference
from probes.protocol.frozen import frozen


@frozen
class AdvisedFix:
    """One thing to do."""

    do: str
    who: str  # firewall, developer, support or user
    platforms: tuple[str, ...] = ()  # empty: all
    language: str = ""
    code: str = ""
    note: str = ""


@frozen
class Hop:
    """One router on a path."""

    hop: int  # 1 is the first router
    address: str | None  # None: it does not answer


@frozen
class BlockedAt:
    """The first hop that a dropped flow does not pass, and the last one that it passes."""

    hop: int
    address: str | None  # None: the hop does not answer
    last_seen: Hop | None  # None: lost before the first router that answers


@frozen
class AdvisedCause:
    """One cause that was found, or one risk, with all its texts."""

    id: str
    title: str
    confidence: str  # certain or likely
    impact: Impact
    customer: str
    evidence: tuple[str, ...]
    fixes: tuple[AdvisedFix, ...]
    platforms: tuple[str, ...]
    effects: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    blocked_at: BlockedAt | None = None  # where its packets are dropped, if that was located


@frozen
class CodeSample:
    """Code to copy, and its purpose."""

    title: str
    language: str
    code: str
    note: str = ""


@frozen
class Guide:
    """How to run the SDK's own preflight test on one platform, and how to read its output."""

    platform: str
    title: str
    call: str
    since: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    read: tuple[str, ...]
    traps: tuple[str, ...]
    samples: tuple[CodeSample, ...]  # the basic test first
    references: tuple[Reference, ...] = ()


@frozen
class Advice:
    """All texts of a diagnosis: causes found, risks, and preflight guides."""

    found: tuple[AdvisedCause, ...]
    risks: tuple[AdvisedCause, ...]
    preflight: tuple[Guide, ...]
