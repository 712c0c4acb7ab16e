"""Output of dig, nslookup, openssl s_client and curl, as far as it tells about one host.

Pure. Where it was made is not in it: until somebody says that it was on the user's device it counts as seen from
elsewhere.
"""

import re
from collections.abc import Iterator

from bot.intake.parsing.hosts import _HOST, ToolFacts, _addresses


def _dig(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    for part in re.split(r"(?=^; <<>> DiG)", text, flags=re.MULTILINE)[:20]:
        asked = re.search(rf"^;{_HOST}\s+IN\s+(?:A|AAAA)\s*$", part, re.MULTILINE | re.IGNORECASE)
        named = asked or re.search(rf"<<>> (?:[@+-]\S+ ){{0,8}}{_HOST}", part, re.IGNORECASE)
        if not named or "<<>>" not in part:
            continue
        host = named["host"].casefold()
        answers = re.findall(r"\sIN\s+A\s+(\d{1,3}(?:\.\d{1,3}){3})\s*$", part, re.MULTILINE)
        status = re.search(r"status: ([A-Z]+)", part)
        if re.search(r"timed out|no servers could be reached|connection refused", part):
            yield host, 53, {"dns": "fails", "bad": "no resolver answered"}
        elif status and status[1] != "NOERROR":
            yield host, 53, {"dns": "fails", "bad": f"the resolver said {status[1]}"}
        elif answers:
            yield host, 53, _addresses(answers)
        elif status and asked and re.search(r"ANSWER: 0\b", part):
            yield host, 53, {"dns": "fails", "bad": "the resolver gave no address"}
