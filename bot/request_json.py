"""A request as JSON, and back: the form in which cases and runs keep what was asked for.

Pure: no network, no clock. Reading is strict and raises `WireError`.
"""

from typing import Final

from bot.request import Request
from probes.protocol.json_fields import Fields, Json

# Goes up when a field is renamed, added or changes its meaning.
VERSION: Final = 1


def to_json(request: Request) -> Json:
    """Write *request*."""
    return {
        "version": VERSION,
        "code": request.code,
        "platform": request.platform,
        "edge": request.edge,
        "told": dict(request.told),
        "relays": list(request.relays),
    }


def from_json(value: object) -> Request:
    """Read a request; `WireError` names the field that is missing, unknown or wrong."""
    fields = Fields(value, "request")
    fields.version("version", VERSION)
    request = Request(
        code=fields.text("code"),
        platform=fields.text_or_none("platform"),
        edge=fields.text("edge"),
        told=fields.named_texts("told"),
        relays=fields.texts("relays"),
    )
    fields.end()
    return request
