"""One page for one reply, looking like Slack (light), whole in itself: no script, nothing to load.

Pure: no network, no clock.
"""

import base64
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from bot.rendering.blocks.message import Message
from tests.previews.block_html import Pictures, blocks_html

STYLE: Final = """
* { box-sizing: border-box }
body { margin: 0; padding: 20px 24px; background: #fff; color: #1d1c1d;
  font: 15px/1.466 Lato, "Helvetica Neue", Helvetica, "Liberation Sans", Arial, "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere }
article { display: grid; grid-template-columns: 36px minmax(0, 1fr); gap: 0 8px; max-width: 720px }
.face { width: 36px; height: 36px; border-radius: 4px; background: #1d3d6b; color: #fff; font-weight: 900;
  display: grid; place-items: center }
.who b { font-weight: 900 } .app { font-size: 10px; background: #e8e8e8; color: #454447; border-radius: 2px;
  padding: 1px 3px; margin: 0 4px } .faint, .when { color: #616061 } .when { font-size: 12px }
h2 { font-size: 18px; line-height: 1.33; margin: 8px 0 4px; font-weight: 900 }
.section { display: flex; gap: 12px; justify-content: space-between; align-items: center; margin: 8px 0;
  flex-wrap: wrap }
.section > div:first-child { flex: 1 1 60% }
.context { color: #616061; font-size: 13px; line-height: 1.4; margin: 4px 0 8px }
.context b { font-weight: 700 }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 }
button, .select { font: inherit; font-weight: 700; border: 1px solid #868686; background: #fff;
  color: #1d1c1d;
  border-radius: 8px; padding: 3px 12px; min-height: 36px; display: inline-flex; align-items: center;
  gap: 4px; max-width: 100% }
button { font-size: 14px } .select { font-weight: 400; min-width: 160px; justify-content: space-between }
.chip { background: #e8f0f6; border-radius: 4px; padding: 1px 8px; margin-right: 6px }
button.primary { background: #007a5a; border-color: #007a5a; color: #fff }
button.danger { background: #e01e5a; border-color: #e01e5a; color: #fff }
hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0 }
.rich { margin: 6px 0 } .rich p { margin: 6px 0 2px } ul, ol { margin: 2px 0; padding-left: 26px }
  li { margin: 2px 0 }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #ddd }
pre, code { font: 12px/1.5 Monaco, Menlo, Consolas, "DejaVu Sans Mono", monospace; background: #f8f8f8;
  border: 1px solid #ddd; border-radius: 4px }
pre { padding: 8px; margin: 4px 0; white-space: pre-wrap } code { padding: 1px 3px; color: #c01343 }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: 8px 0; border: 1px solid #ddd }
td, th { min-width: 60px; border: 1px solid #ddd; padding: 5px 8px; text-align: left; vertical-align: top }
  th { background: #f8f8f8 }
td.right, th.right { text-align: right; overflow-wrap: normal }
img { display: block; max-width: 360px; width: 100%; border: 1px solid #ddd; border-radius: 8px }
.person { color: #1264a3; background: #e8f5fa; border-radius: 3px; padding: 0 2px }
  .ping { background: #ffe27a; color: #5c3d00 }
a { color: #1264a3 }
.plan { border: 1px solid #ddd; border-radius: 8px; padding: 10px 14px; margin: 8px 0 }
  .label { font-weight: 700 }
.task { padding: 6px 0 0 } .task .rich, .task .rich p { margin: 0 }
.emoji { display: inline-block; min-width: 1.15em; text-align: center; font-weight: 700; font-style: normal }
.square { border-radius: 3px; color: #fff; line-height: 1.15; width: 1.15em } .green { background: #007a5a }
  .red { color: #c01343 }
.blue { color: #1264a3 } .grey { color: #616061 } .amber { color: #8a5a00 } .lens { color: #1264a3 }
.ring::before { content: ""; display: inline-block; width: .75em; height: .75em; border: .16em solid #ddd;
  border-top-color: #1264a3; border-radius: 50%; vertical-align: -.06em }
.lens { position: relative } .lens::after { content: ""; position: absolute; width: .5em; height: .16em;
  background: #1264a3;
  transform: rotate(45deg); right: -.12em; bottom: .28em; border-radius: 2px }
.modal { max-width: 520px; border: 1px solid #bbb; border-radius: 10px; box-shadow: 0 6px 24px #0003;
  margin: 8px auto }
.modal > header, .modal > footer { display: flex; justify-content: space-between; align-items: center;
  padding: 14px 24px; font-weight: 900; font-size: 20px }
.modal > footer { border-top: 1px solid #ddd; justify-content: flex-end; gap: 12px; font-size: 15px }
  .modal > main { padding: 0 24px 12px }
.input { margin: 14px 0 } .input .label { margin-bottom: 4px } .input .select, .input > .field { width: 100% }
.field { display: block; border: 1px solid #868686; border-radius: 6px; padding: 7px 12px; min-height: 38px }
  .tall { min-height: 84px }
.home { max-width: 760px; margin: 0 auto } .only { font-size: 13px; color: #616061; grid-column: 2 }
.tabs { border-bottom: 1px solid #ddd; padding-bottom: 8px; margin-bottom: 12px; font-weight: 700 }
  .tabs i { font-style: normal; color: #616061; font-weight: 400; margin-left: 16px }
"""


def message_page(name: str, message: Message, pictures: Pictures, *, private: bool = False) -> str:
    """Show *message* as it stands in a channel; *private*: only the reader sees it."""
    only = '<div class="only">Only visible to you</div>' if private else ""
    return _page(
        name,
        f'<article>{only}<div class="face" aria-hidden="true">L</div><div><div class="who"><b>Lineman</b>'
        f'<span class="app">APP</span><span class="when">10:40</span></div>'
        f"{blocks_html(message.blocks, pictures)}</div></article>",
    )


def view_page(name: str, view: Mapping[str, Any]) -> str:
    """Show a modal or a home tab."""
    body = blocks_html(view["blocks"], {})
    if view["type"] == "home":
        tabs = '<div class="tabs">Home <i>Messages</i> <i>About</i></div>'
        return _page(name, f'<section class="home">{tabs}{body}</section>')
    submit = view.get("submit")
    buttons = f"<button>{escape(view['close']['text'])}</button>"
    if submit:
        buttons += f'<button class="primary">{escape(submit["text"])}</button>'
    return _page(
        name,
        f'<section class="modal"><header>{escape(view["title"]["text"])}</header>'
        f"<main>{body}</main><footer>{buttons}</footer></section>",
    )


def index_page(names: Mapping[str, str]) -> str:
    """List every page: file and title."""
    items = "".join(f'<li><a href="{escape(file)}">{escape(name)}</a></li>' for file, name in names.items())
    return _page("Lineman in Slack: every reply", f"<h2>Every reply</h2><ul>{items}</ul>")


def as_address(png: bytes) -> str:
    """Write a PNG as an address that holds it whole."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _page(name: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{body}</body></html>\n'
    )
