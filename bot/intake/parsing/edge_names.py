"""Map the region names in reports to edge ids.

Pure. Mobile reports name the region as the cloud does (`US_WEST_OREGON`). Regions have short ids (`de1`).
"""

import re
from collections.abc import Mapping
from typing import Final

from bot.intake.parsing.fields import folded
from bot.intake.preflight_report import ROAMING

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "ashburn": ("us1", "US_EAST_VIRGINIA", "us-east-1"),
    "umatilla": ("us2", "US_WEST_OREGON", "us-west-2"),
    "dublin": ("ie1", "EU_IRELAND", "eu-west-1"),
    "frankfurt": ("de1", "EU_FRANKFURT", "EU_GERMANY", "eu-central-1"),
    "singapore": ("sg1", "ASIAPAC_SINGAPORE", "ap-southeast-1"),
    "tokyo": ("jp1", "ASIAPAC_TOKYO", "ap-northeast-1"),
    "sydney": ("au1", "ASIAPAC_SYDNEY", "ap-southeast-2"),
    "sao-paulo": ("br1", "SOUTH_AMERICA_SAO_PAULO", "sa-east-1", "sao-paolo"),
    ROAMING: ("gll", "global"),
    "ashburn-ix": ("us1-ix",),
    "san-jose-ix": ("us2-ix",),
    "london-ix": ("ie1-ix",),
    "frankfurt-ix": ("de1-ix",),
    "singapore-ix": ("sg1-ix",),
    "tokyo-ix": ("jp1-ix",),
    "sydney-ix": ("au1-ix",),
    "sao-paulo-ix": ("br1-ix",),
}

# The form that a future edge name may have. Other text is dropped.
_FORM: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,29}")

_IDS: Final = {folded(name): id_ for id_, names in _NAMES.items() for name in (id_, *names)}


def edge_id(written: str) -> str:
    """Return the edge id of *written*. Unknown names are only lower-cased."""
    plain = written.strip()
    host = plain.casefold()
    if host.endswith(".twilio.com"):  # a signaling host name
        parts = host.split(".")
        plain = parts[1] if len(parts) > 3 else plain
    known = _IDS.get(folded(plain))
    return known or (plain.casefold() if _FORM.fullmatch(plain) else "")
