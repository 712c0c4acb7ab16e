"""Lays out every preview page in one start of a real browser: notes what is wrong, and measures each message.

`python -m tests.previews.inspector` prints the table of sizes that docs/slack.md holds.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any, Final

CHROMIUM: Final = shutil.which("chromium") or ""
WIDTHS: Final = (360, 760)  # pixels: a telephone, and Slack's column on a desk
READABLE: Final = 4.5  # contrast to 1, WCAG 2.2 success criterion 1.4.3
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--allow-file-access-from-files", "--virtual-time-budget=3000",
)  # fmt: skip

# Loads each page into a frame of each width, notes what is wrong with it, and measures it at the last width. A line
# is what is drawn at one height; lines above the first row of buttons are counted.
_SCRIPT: Final = """
<!doctype html><meta charset="utf-8"><title>inspector</title><pre id="out">not finished</pre><script>
const PAGES = %s, WIDTHS = %s, found = [], sizes = {};
const channel = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
const parse = text => text.match(/[\\d.]+/g).map(Number);
const behind = node => { for (; node; node = node.parentElement) {
  const c = parse(getComputedStyle(node).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
  return [255, 255, 255]; };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
const own = node => [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
function measure(doc) {
  const body = doc.querySelector("article > div:last-child") || doc.body, box = body.getBoundingClientRect();
  const row = body.querySelector(".actions"), end = row ? row.getBoundingClientRect().top : Infinity;
  const walker = doc.createTreeWalker(body, NodeFilter.SHOW_TEXT), bottoms = [];
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.data.trim() || text.parentElement.closest(".who, .actions")) continue;
    const range = doc.createRange();
    range.selectNodeContents(text);
    for (const part of range.getClientRects()) if (part.top < end) bottoms.push(part.bottom);
  }
  bottoms.sort((a, b) => a - b);
  return {
    height: Math.round(box.height),
    words: (body.innerText.match(/\\S*\\w\\S*/g) || []).length,
    controls: body.querySelectorAll("button:not(.thumb), .select").length,
    lines: bottoms.filter((bottom, at) => !at || bottom - bottoms[at - 1] > 6).length,
    button: row ? Math.round(end - box.top) : null,
  };
}
async function look(page, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:600px;border:0`;
  frame.src = page;
  document.body.append(frame);
  await new Promise(done => frame.onload = done);
  const doc = frame.contentDocument, root = doc.documentElement;
  const note = (what, node) => found.push({page, width, what, text: node ? node.textContent.slice(0, 60) : ""});
  if (root.scrollWidth > root.clientWidth) note(`runs over: ${root.scrollWidth}`);
  if (doc.body.innerText.trim().length < 20) note("empty");
  for (const node of doc.body.querySelectorAll("*")) {
    const box = node.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1)) note(`outside: ${node.tagName}`, node);
    const drawn = node.getAttribute("aria-hidden") === "true";  // a sign that Slack draws itself
    if (!drawn && node.scrollWidth > node.clientWidth + 1 && node.clientWidth) note(`cut off: ${node.tagName}`, node);
    if (node.tagName === "IMG" && !(node.alt.trim() && node.naturalWidth)) note("picture without words", node);
    const words = node.textContent.trim() || node.getAttribute("aria-label");
    if (node.tagName === "BUTTON" && !words) note("button without words", node);
    if (!own(node)) continue;
    const style = frame.contentWindow.getComputedStyle(node);
    const ratio = contrast(parse(style.color), behind(node));
    if (ratio < %s) note(`contrast ${ratio.toFixed(2)}`, node);
    if (parseFloat(style.fontSize) < 10) note("too small", node);
  }
  sizes[page] = measure(doc);
  frame.remove();
}
(async () => {
  for (const page of PAGES) for (const width of WIDTHS) await look(page, width);
  document.getElementById("out").textContent = JSON.stringify({looked: PAGES.length * WIDTHS.length, found, sizes});
})();
</script>
"""


def inspect(folder: Path, pages: Sequence[str], profile: Path) -> dict[str, Any]:
    """Let a browser look at *pages*: what it noted as `found`, and the measures of each page as `sizes`."""
    page = folder / "inspector.html"
    page.write_text(_SCRIPT % (json.dumps(list(pages)), json.dumps(WIDTHS), READABLE))
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    page.unlink()
    text = unescape(done.stdout.split('<pre id="out">')[1].split("</pre>")[0])
    noted: dict[str, Any] = json.loads(text)
    return noted


def pages_in(folder: Path) -> list[str]:
    """Give the names of all pages but the index."""
    return sorted(page.name for page in folder.glob("*.html") if page.name != "index.html")


def table(sizes: Mapping[str, Mapping[str, int | None]]) -> Iterator[str]:
    """Write the sizes of messages as rows of a Markdown table."""
    yield "| preview | height in px | words | controls | lines above the buttons | first button at px |"
    yield "|---|---|---|---|---|---|"
    for page, size in sizes.items():
        figures = [size[name] for name in ("height", "words", "controls", "lines", "button")]
        cells = " | ".join("" if figure is None else str(figure) for figure in figures)
        yield f"| {page.removesuffix('.html')} | {cells} |"


def main() -> int:
    """Make all previews in a temporary folder, and print their sizes."""
    # Loads the knowledge, which importers of the figures do not need.
    from tests.previews.write import write_previews

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pages"
        write_previews(folder)
        sizes = inspect(folder, pages_in(folder), Path(made) / "profile")["sizes"]
    print("\n".join(table(sizes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
