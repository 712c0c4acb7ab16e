"""FetchedAnswers: what the service's API answered about one call."""

from collections.abc import Mapping, Sequence
from typing import Any

from probes.protocol.frozen import frozen


@frozen
class FetchedAnswers:
    """What the API answered about one call, and for each part that it did not give, a sentence."""

    summary: Mapping[str, Any] | None = None
    events: Sequence[Mapping[str, Any]] = ()
    metrics: Sequence[Mapping[str, Any]] = ()
    alerts: Sequence[Mapping[str, Any]] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no part has anything in it."""
        return not (self.summary or self.events or self.metrics or self.alerts)
