"""Write every kind of Slack reply as a page to look at, from made-up runs."""

import json
from pathlib import Path

from bot.rendering.blocks.message import Message
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.previews.gallery import PICTURE, Gallery
from tests.previews.page import as_address, index_page, message_page, view_page


def write_previews(folder: Path) -> int:
    """Write a page and the JSON for each reply, the picture, and an index; gives the number of replies."""
    folder.mkdir(parents=True, exist_ok=True)
    gallery = Gallery(load_knowledge(), load_network())
    drawn = gallery.blocked.picture()
    (folder / "tree.png").write_bytes(drawn.png)
    pictures = {PICTURE: as_address(drawn.png)}
    names = {}
    for one in gallery.exhibits():
        if isinstance(one.shown, Message):
            page = message_page(one.name, one.shown, pictures, private=one.private)
            sent = one.shown.payload()
        else:
            page, sent = view_page(one.name, one.shown), one.shown
        (folder / f"{one.file}.html").write_text(page, encoding="utf-8")
        (folder / f"{one.file}.json").write_text(
            json.dumps(sent, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        names[f"{one.file}.html"] = one.name
    (folder / "index.html").write_text(index_page(names), encoding="utf-8")
    return len(names)
