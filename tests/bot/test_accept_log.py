"""A server that has no descriptor left for new connections says so once a minute, in one line."""

import subprocess
import sys

from tests.environment import unmeasured

SCRIPT = """
import asyncio, os, resource, socket
from bot.logs import write_log
write_log("INFO")
asyncio.constants.ACCEPT_RETRY_DELAY = 0.01
async def main():
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    client = socket.socket()
    client.setblocking(False)
    spare = os.dup(client.fileno())
    os.close(spare)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, spare))
    tries, loop = [], asyncio.get_running_loop()
    start = loop._start_serving
    def counted(*values):
        tries.append(1)
        start(*values)
    loop._start_serving = counted
    await loop.sock_connect(client, server.sockets[0].getsockname())
    while len(tries) < 20:
        await asyncio.sleep(0.01)
    print(len(tries))
asyncio.run(main())
"""


def test_no_descriptor_left() -> None:
    """At least 20 attempts, one line, no traceback."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert int(ran.stdout) >= 20
    (line,) = ran.stderr.splitlines()
    assert line.endswith("ERROR asyncio: cannot accept connections at the moment: Too many open files")
