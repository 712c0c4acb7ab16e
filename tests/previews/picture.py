"""The picture of a verdict in the README, drawn from its preview: `python -m tests.previews.picture` makes it anew.

The picture holds the digest of the page that it shows, so a test needs no browser to see that it is out of date.
"""

import hashlib
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.previews.gallery import Gallery
from tests.previews.inspector import CHROMIUM, FLAGS
from tests.previews.page import message_page

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docs/pictures/verdict.png"
SCALE: Final = 2  # pixels of the picture per pixel of the page
_SIZE: Final = (768, 900)  # of the window
_COLORS: Final = 64
_MARGIN: Final = 16  # pixels of the page around the message
_DIGEST: Final = "page"


def page() -> str:
    """The verdict that is shown, as a page."""
    return message_page("Verdict", Gallery(load_knowledge(), load_network()).blocked.verdict(), {})


def digest_of(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()


def digest_in(file: Path) -> str:
    """The digest of the page that *file* shows."""
    with Image.open(file) as picture:
        return str(picture.info.get(_DIGEST, ""))


def draw(html: str, file: Path) -> None:
    """Let a browser draw *html* into *file*, without the empty part below."""
    with tempfile.TemporaryDirectory() as folder:
        made, source = Path(folder) / "made.png", Path(folder) / "verdict.html"
        source.write_text(html, encoding="utf-8")
        options = (
            f"--user-data-dir={folder}/profile",
            f"--window-size={_SIZE[0]},{_SIZE[1]}",
            f"--force-device-scale-factor={SCALE}",
            f"--screenshot={made}",
        )
        subprocess.run(
            [CHROMIUM, *FLAGS, *options, source.as_uri()], capture_output=True, timeout=60, check=True
        )
        with Image.open(made) as screen:
            whole = screen.convert("RGB")
    drawn = ImageChops.invert(whole).getbbox()
    assert drawn is not None
    info = PngInfo()
    info.add_text(_DIGEST, digest_of(html))
    margin = _MARGIN * SCALE
    cut = whole.crop((0, 0, whole.width, min(whole.height, drawn[3] + margin)))
    file.parent.mkdir(parents=True, exist_ok=True)
    cut.quantize(_COLORS).save(file, optimize=True, pnginfo=info)


if __name__ == "__main__":
    draw(page(), FILE)
