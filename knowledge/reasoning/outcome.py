"""The outcome of a diagnosis: whether something affects somebody now, and in which order to act on it.

Pure.
"""

from collections.abc import Iterable
from typing import Literal

from knowledge.model.conclusions import Diagnosis, Finding


def outcome(diagnosis: Diagnosis) -> Literal["found", "clear", "unclear"]:
    """Found, clear as far as this relay can check, or unclear. Unexplained failures are not clear.

    Risks leave it clear, and so does a cause that can only be one.
    """
    if diagnosis.found:
        return "found"
    open_ = [judged for judged in diagnosis.not_checked if not judged.person_only]
    harmful = [judged for judged in (*diagnosis.possible, *open_) if not judged.harmless]
    strange = set(diagnosis.unexplained) - set(diagnosis.tolerated)
    return "unclear" if harmful or strange else "clear"


def split(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split *findings* into what affects somebody now, and risks; each in the order to act on them."""
    ordered = sorted(findings, key=finding_order)
    risks = tuple(finding for finding in ordered if finding.impact == "risk")
    return tuple(finding for finding in ordered if finding.impact != "risk"), risks


def finding_order(finding: Finding) -> tuple[bool, float, bool, str]:
    """Sort key of findings: the one to act on first comes first. Effects count for causes that block only."""
    is_root = bool(finding.effects) and finding.impact == "blocks"
    return not is_root, -finding.weight, finding.confidence != "certain", finding.cause
