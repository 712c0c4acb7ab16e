"""Make passages from the files of causes and error codes that have no written passage.

Pure.
"""

from collections.abc import Iterable, Mapping

from knowledge.model.platforms import ALL, ErrorCode
from knowledge.model.schema import Cause, Fix, Knowledge
from knowledge.model.templates import fill
from knowledge.search.passages import Passage


def cause_passages(knowledge: Knowledge, written: Iterable[Passage]) -> list[Passage]:
    """One passage for each cause that no passage in *written* names."""
    texts = {cause for passage in written for cause in passage.causes}
    return [cause_passage(cause) for cause in knowledge.causes.values() if cause.id not in texts]


def cause_passage(
    cause: Cause, platform: str = "", names: Mapping[str, str] | None = None, *, fixes: bool = True
) -> Passage:
    """Describe *cause* and, with *fixes*, what to do about it; *names* fill the placeholders."""
    todo = [fill(fix.do, names or {}).strip() for fix in fixes_for(cause, platform)] if fixes else []
    about = cause.title.rstrip(".")
    return Passage(
        id=f"cause-{cause.id}",
        title=cause.title,
        text=" ".join([f"{about}.", fill(cause.customer, names or {}).strip(), *todo]),
        questions=(f"how do I fix: {about}", f"what does it mean: {about}"),
        references=cause.references,
        file=f"knowledge/causes/{cause.id}.yaml",
        platforms=cause.platforms,
        causes=(cause.id,),
    )


def fixes_for(cause: Cause, platform: str) -> list[Fix]:
    """The fixes for *cause*: for all platforms, and for *platform* if it is known."""
    return [*cause.fixes.get(ALL, ()), *(cause.fixes.get(platform, ()) if platform else ())]


def fix_passage(cause: Cause, platform: str, names: Mapping[str, str]) -> Passage:
    """Only what to do about *cause*."""
    todo = [fill(fix.do, names).strip() for fix in fixes_for(cause, platform)]
    whole = cause_passage(cause, platform, names)
    return Passage(
        f"fix-{cause.id}", f"What to do: {cause.title}", " ".join(todo), (), whole.references, whole.file
    )


def code_passage(error: ErrorCode, platform: str = "") -> Passage:
    """The meaning of *error*, on *platform* if it differs there."""
    means = error.means.get(platform) or error.means.get(ALL) or " ".join(error.means.values())
    text = f"{error.code} is “{error.name.rstrip('.')}”. {means.strip()} {error.elsewhere.strip()}".strip()
    return Passage(
        f"error-{error.code}",
        f"Error {error.code}",
        text,
        (),
        error.references,
        f"knowledge/errors/{error.code}.yaml",
        codes=(error.code,),
    )
