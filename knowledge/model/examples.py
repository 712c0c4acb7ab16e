"""The examples (`cases`) in the files of questions and causes.

Pure data.
"""

from collections.abc import Mapping
from dataclasses import field

from knowledge.model.impact import Impact
from probes.protocol.frozen import frozen
from probes.protocol.model import Facts


@frozen
class QuestionExample:
    """Observations (or a reply), and the answer that they must give."""

    given: tuple[Facts, ...] | str
    answer: str
    device: bool = False  # `given` has the facts of one report from the user's device
    heard: bool = False  # `given` is a description, not a reply


@frozen
class CauseExample:
    """Answers, and the conclusions that they must give; a missing question is unknown."""

    given: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]  # found, possible, ruled_out, not_checked, explained: cause ids
    confidence: Mapping[str, str] = field(default_factory=dict)
    impact: Mapping[str, Impact] = field(default_factory=dict)
    platform: str | None = None
