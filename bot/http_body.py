"""Read the body of an HTTP response up to a limit. Imported only with aiohttp, which is slow to import."""

from aiohttp import ClientResponse


async def read_body(response: ClientResponse, most: int) -> bytes | None:
    """Return the body of *response*; None once it has more than *most* bytes, and the rest is not read."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)
