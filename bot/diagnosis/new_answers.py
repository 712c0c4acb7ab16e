"""Tell which answers a check has changed."""

from collections.abc import Iterable

from knowledge.model.conclusions import Answered, Answers


def newly_answered(before: Iterable[Answers], after: Iterable[Answers]) -> tuple[Answered, ...]:
    """List the questions whose answer has changed, each once."""
    changed: dict[tuple[str, str | None], Answered] = {}
    for old, new in zip(before, after, strict=True):
        for question, answered in new.items():
            if answered.answer != old[question].answer:
                changed.setdefault((question, answered.answer), answered)
    return tuple(changed.values())
