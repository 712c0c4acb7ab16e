"""Every reply of the former version, run with the former packages: prints what can be pressed, and the windows.

`presses`: each as Slack reports it, and as the former version read it. `windows`: each window's `callback_id`.
"""

import json

from bot.desk import open_desk
from bot.replies.blocks.buttons import PREFIX, read
from bot.replies.gallery import Gallery


def pressed(block, element):
    """What Slack reports of *element*, one report for each option."""
    done = {key: element[key] for key in ("action_id", "type", "text", "value") if key in element}
    done["block_id"] = block.get("block_id", "b0")
    for option in element.get("options") or [None]:
        yield {**done, "selected_option": option} if option else done


def elements(blocks):
    """Each block with each thing in it that can be pressed or chosen."""
    for block in blocks:
        inside = [*block.get("elements", ()), block.get("accessory")]
        yield from ((block, item) for item in inside if isinstance(item, dict) and "action_id" in item)


desk = open_desk()
presses, windows = [], []
for exhibit in Gallery(desk.knowledge, desk.network).exhibits():
    reply = exhibit.shown
    if isinstance(reply, dict):
        windows.append(reply.get("callback_id"))
    blocks = reply["blocks"] if isinstance(reply, dict) else reply.blocks
    for block, element in elements(blocks):
        if element["action_id"].startswith(PREFIX) and "url" not in element:
            presses += [{"action": action, "read": read(action)} for action in pressed(block, element)]
print(json.dumps({"presses": presses, "windows": [callback for callback in windows if callback]}))
