"""Recognize the result of a check page that could not be sent: the page shows it as text to copy.

Pure. The values are checked where they are judged, by the schema of sent results.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

LARGEST: Final = 256_000  # characters; a page keeps its result below a quarter of that
SAYS: Final = "The result of a check in the customer's browser, which could not be sent."
_FIELDS: Final = frozenset({"v", "run", "observations", "same_network"})


def read_check(value: Any) -> str:
    """Return the result that *value* is, as JSON; "" if it is something else, or too long."""
    if not isinstance(value, Mapping) or not value.keys() >= _FIELDS:
        return ""
    text = json.dumps(value)
    return text if len(text) <= LARGEST else ""
