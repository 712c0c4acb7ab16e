"""Open a check link, start it as a customer, and print what the page came to, as JSON.

`python -m tests.check_page.visit chromium URL ADDRESS SPKI...` runs inside the customer's network. ADDRESS is the
page's. SPKI are hashes of the keys of authorities that Chromium trusts; Firefox trusts every certificate.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.check_page.chromium import Tab, chromium
from tests.check_page.firefox import FirefoxTab, firefox

PATIENCE: Final = 40.0  # seconds from the click to the answer
START: Final = """(() => {
  document.querySelector('input[value=yes]').click();
  window.clicked = performance.now();
  document.querySelector('button.primary').click();
  const asked = fetch;
  window.fetch = (at, more) => {
    if (String(at).endsWith('/result')) window.sent = more.body;
    return asked(at, more);
  };
  const timer = setInterval(() => {
    if (!document.querySelector('.verdict, textarea')) return;
    window.seconds = (performance.now() - window.clicked) / 1000;
    clearInterval(timer);
  }, 20);
})()"""
ANSWER: Final = """({
  seconds: window.seconds,
  verdict: [...(document.querySelector('.verdict') || {classList: []}).classList].pop() || '',
  text: document.body.innerText,
  sent: JSON.parse(window.sent || 'null'),
})"""


async def visit(browser: str, url: str, trusted: Sequence[str], address: str) -> dict[str, Any]:
    """Return what the page of *url* came to: seconds from the click, verdict, text, and what it sent."""
    with tempfile.TemporaryDirectory() as folder:
        async with _open(browser, Path(folder), urlsplit(url).hostname or "", trusted, address) as tab:
            await tab.open(url)
            await tab.evaluate(START)
            await tab.wait_until("window.seconds", PATIENCE)
            answer: dict[str, Any] = await tab.evaluate(ANSWER)
            return answer


@asynccontextmanager
async def _open(
    browser: str, folder: Path, host: str, trusted: Sequence[str], address: str
) -> AsyncIterator[Tab | FirefoxTab]:
    """Start the browser. The page's own name needs no DNS: what fails afterward is the service's."""
    if browser == "firefox":
        async with firefox(folder, {}) as tab:
            yield tab
        return
    rule = f"--host-resolver-rules=MAP {host} {address}"
    async with chromium(folder, rule, f"--ignore-certificate-errors-spki-list={','.join(trusted)}") as tab:
        yield tab


if __name__ == "__main__":
    _, kind, link, where, *keys = sys.argv
    print(json.dumps(asyncio.run(visit(kind, link, keys, where))))
