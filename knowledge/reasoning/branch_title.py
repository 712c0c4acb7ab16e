"""The title of a branch.

Pure.
"""

from collections import Counter
from collections.abc import Mapping

from knowledge.model.schema import Question


def title_of(questions: Mapping[str, Question]) -> str:
    """A title from the services that the branch checks, the most checked first, and its probes."""
    looks = [observe for question in questions.values() for observe in question.observe]
    services = (service for service, _ in Counter(observe.service for observe in looks).most_common(3))
    probes = dict.fromkeys(observe.probe for observe in looks)
    return f"{' and '.join(services)} ({', '.join(probes)})" if looks else "client"
