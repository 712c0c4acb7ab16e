"""Preflight reports, logs and output that people paste: read, understood, laid beside what a relay saw.

`read_pasted` takes any text or bytes; `continue_case` goes on with a case by what was read. All of it is pure.
"""

from bot.preflight.continuing import Continued as Continued
from bot.preflight.continuing import continue_case as continue_case
from bot.preflight.model import Reading as Reading
from bot.preflight.reading import read_pasted as read_pasted
