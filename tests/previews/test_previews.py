"""Every reply as a page in a real browser: nothing runs over, everything has words, everything can be read."""

import json
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from tests.previews.write import write_previews

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the package chromium")

WIDTHS = (360, 760)  # pixels: a telephone, and Slack's column on a desk
READABLE = 4.5  # contrast to 1, WCAG 2.2 success criterion 1.4.3
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--allow-file-access-from-files", "--virtual-time-budget=3000",
)  # fmt: skip

# Loads each page into a frame of each width and notes what is wrong with it.
INSPECTOR = """
<!doctype html><meta charset="utf-8"><title>inspector</title><pre id="out">not finished</pre><script>
const PAGES = %s, WIDTHS = %s, found = [];
const channel = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
const parse = text => text.match(/[\\d.]+/g).map(Number);
const behind = node => { for (; node; node = node.parentElement) {
  const c = parse(getComputedStyle(node).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
  return [255, 255, 255]; };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
const own = node => [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
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
    if (node.tagName === "BUTTON" && !node.textContent.trim()) note("button without words", node);
    if (!own(node)) continue;
    const style = frame.contentWindow.getComputedStyle(node);
    const ratio = contrast(parse(style.color), behind(node));
    if (ratio < %s) note(`contrast ${ratio.toFixed(2)}`, node);
    if (parseFloat(style.fontSize) < 10) note("too small", node);
  }
  frame.remove();
}
(async () => {
  for (const page of PAGES) for (const width of WIDTHS) await look(page, width);
  document.getElementById("out").textContent = JSON.stringify({looked: PAGES.length * WIDTHS.length, found});
})();
</script>
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("previews")
    write_previews(folder)
    return folder


def inspect(folder: Path, pages: list[str], profile: Path) -> dict[str, Any]:
    """Let a browser look at *pages*, and give what it noted."""
    page = folder / "inspector.html"
    page.write_text(INSPECTOR % (json.dumps(pages), json.dumps(WIDTHS), READABLE))
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    text = unescape(done.stdout.split('<pre id="out">')[1].split("</pre>")[0])
    noted: dict[str, Any] = json.loads(text)
    return noted


def test_every_page(folder: Path, tmp_path: Path) -> None:
    """At two widths no reply runs over or is cut off, pictures and buttons have words, contrast is enough."""
    pages = sorted(one.name for one in folder.glob("*.html"))
    noted = inspect(folder, pages, tmp_path)
    assert noted["found"] == []
    assert noted["looked"] == len(WIDTHS) * len(pages) > 60


def test_the_inspector_sees(tmp_path: Path) -> None:
    """A page with each of these mistakes is found out."""
    (tmp_path / "bad.html").write_text(
        "<body><p style='width:2000px'>A line that is far too wide.</p><p style='color:#bbb'>Too pale to read.</p>"
        "<img src=''><button></button><p style='font-size:8px'>Too small to read.</p>"
    )
    noted = inspect(tmp_path, ["bad.html"], tmp_path / "profile")
    told = " ".join(one["what"] for one in noted["found"])
    for word in ("runs over", "contrast", "picture without", "button without", "too small"):
        assert word in told


def test_pages_are_whole(folder: Path) -> None:
    """No page runs a script or loads anything."""
    for page in folder.glob("*.html"):
        if page.name != "inspector.html":
            text = page.read_text()
            assert "<script" not in text
            assert 'src="http' not in text
            assert "url(" not in text
            assert "cannot draw" not in text


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`lineman preview DIR` writes the pages, and says so; where it cannot, it says that."""
    assert main(["preview", str(tmp_path / "new")]) == 0
    assert "replies in" in capsys.readouterr().out
    assert (tmp_path / "new" / "verdict.json").exists()
    (tmp_path / "file").write_text("")
    assert main(["preview", str(tmp_path / "file")]) == 2
    assert "written" in capsys.readouterr().err
