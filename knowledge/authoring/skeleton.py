"""Make the file of a new cause: it is valid as it is, with a TODO for each text to fill in.

Pure, except for `write_skeleton`.
"""

import re
from pathlib import Path
from typing import Final

from knowledge.model.problems import KnowledgeError
from knowledge.model.schema import Knowledge

TO_DO: Final = "TODO"  # `lineman knowledge check` reports each one that is left
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SKELETON: Final = """\
# A new cause. Replace every TODO, then run `lineman knowledge check`: it reports what is still missing.
# docs/knowledge-guide.md explains each key.
id: {id}
title: "TODO one line for an engineer, without the code"
customer: "TODO what a support agent may pass on: no jargon, what it is and what helps."
impact: blocks  # TODO blocks (no connection or no audio), degrades (poor quality, dropped calls), risk (nobody now)
weight: {{{code}: 1}}  # TODO every code that it may cause, 1 (rare) to 5
# platforms: [javascript]  # only if it cannot occur on the others
when: {{{question}: {answer}}}  # TODO the answers that show it; `lineman knowledge list` names the questions
# likely_when: {{}}  # answers that make it only likely
# impact_when: []  # - {{impact: risk, when: {{…}}}}, where the impact depends on answers
# clears_only_if: {{}}  # answers without which it is never ruled out
# clears_if: {{}}  # answers that rule it out, even if nothing above is decided
# explains: []  # causes that are its side effects when both are found
evidence:
  - "TODO one sentence; {{host}}, {{failure}} and other facts of the deciding check can be used in it."
fixes:
  all:
    - {{do: "TODO what to do", who: developer}}  # firewall, developer, support or user
references: []  # - {{title: …, url: https://…}}
checked: "{today}"
symptoms:  # TODO eight phrases at least, as users say them
  - "TODO as a user would say it"
cases:  # TODO what finds it, what rules it out, what it must not be confused with
  - {{given: {{{question}: {answer}}}, found: [{id}]}}
"""


def skeleton(knowledge: Knowledge, id_: str, today: str) -> str:
    """Make the text of the file for the cause *id_*; raise KnowledgeError if the id is not valid or exists."""
    if not _ID.fullmatch(id_):
        raise KnowledgeError(
            [f"{id_!r} is no id: small letters, digits and single hyphens, such as proxy-asks"]
        )
    if id_ in knowledge.causes:
        raise KnowledgeError([f"there is a cause {id_} already: {knowledge.causes[id_].origin.file}"])
    question = next(item for item in knowledge.questions.values() if not item.platforms and not item.said)
    code = next(iter(knowledge.errors)) if "31009" not in knowledge.errors else "31009"
    names = {"question": question.id, "answer": f'"{question.names[-1]}"', "code": code, "today": today}
    return _SKELETON.format(id=id_, **names)


def write_skeleton(knowledge: Knowledge, folder: Path, id_: str, today: str) -> Path:
    """Write the file of the cause *id_* below *folder*, and return its path; never overwrite an existing file."""
    text = skeleton(knowledge, id_, today)
    file = folder / "causes" / f"{id_}.yaml"
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise KnowledgeError([f"{file} cannot be written: {error.strerror}"]) from None
    return file
