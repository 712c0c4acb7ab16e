"""Time limits of a run, with their reasons; `probes/checks/__init__.py` has the limit of each check.

Pure values; `probes/runner/run.py` enforces them.
"""

from typing import Final

# Users give up by then: the JavaScript SDK closes a WebSocket that is not open after 5 s.
CAP: Final = 6.0  # seconds for everything

# If nothing gets through at all, no second layer starts, and the run ends by then.
DARK: Final = 4.0  # seconds

DEFAULT: Final = 3.0  # seconds for a probe that only a newer relay has
