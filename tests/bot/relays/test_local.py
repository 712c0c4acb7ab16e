"""The relay in this process."""

import pytest

from bot.relays.local import LocalRelay
from probes.protocol.failures import Failure
from probes.protocol.model import Plan, Step, Target
from tests.fakes import say, tcp_server

LOOK = Step("x", "http", Target("insights", "events.example", 443, "tcp"), 2.0, {"proxy": True})


async def looked(relay: LocalRelay, plan: Plan) -> tuple[Failure | None, str]:
    async with relay.run(plan) as coming:
        (one,) = [observation async for observation in coming]
    return one.failure, str(one.facts.get("proxy", ""))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "LINEMAN_RELAY_PROXY"])
async def test_the_proxy_of_this_host_is_tried(name: str) -> None:
    """A plan that names no proxy goes by the one that the environment names, and its password is not noted."""
    async with tcp_server(say(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n")) as port:
        relay = LocalRelay(environment={name: f"http://me:word@127.0.0.1:{port}"})
        assert await looked(relay, Plan((LOOK,), 2.0)) == (
            Failure.PROXY_AUTH_REQUIRED,
            f"127.0.0.1:{port}",
        )
        assert "word" not in repr(relay)


async def test_the_plans_own_proxy_goes_first_and_none_is_told() -> None:
    """What the network file names is not put aside by the environment; without any, nobody looks."""
    async with tcp_server(say(b"HTTP/1.1 403 No\r\n\r\n")) as port:
        relay = LocalRelay(environment={"HTTPS_PROXY": "http://127.0.0.1:1"})
        named = Plan((LOOK,), 2.0, proxy=f"http://127.0.0.1:{port}")
        assert (await looked(relay, named))[0] is Failure.PROXY_REFUSED
    assert await looked(LocalRelay(), Plan((LOOK,), 2.0)) == (Failure.NO_PROXY, "")
    spared = LocalRelay(environment={"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "events.example"})
    assert (await looked(spared, Plan((LOOK,), 2.0)))[0] is Failure.NO_PROXY
