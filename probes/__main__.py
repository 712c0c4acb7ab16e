"""The relay's command line: `lineman relay …`, `lineman-relay …` or `python -m probes relay …`.

Exit codes: 0 stopped, 2 invalid usage or file, 78 the hub refuses this relay and a restart does not help.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from probes.net.proxy_env import proxy_from
from probes.protocol.invitation import read_invitation
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity, KeyFileError
from probes.protocol.log_format import JSON, LOG_FORMAT, LOG_FORMATS, TEXT, make_formatter
from probes.protocol.metrics import RELAY, MetricsError, metrics_served
from probes.protocol.policy_file import PolicyError
from probes.protocol.state_home import relay_home
from probes.protocol.version import __version__
from probes.relay.agent import Agent, join
from probes.relay.dial_errors import LinkError
from probes.relay.hub_address import HubAddress, trust
from probes.relay.isolation_check import ISOLATION, check_isolation
from probes.relay.orders import PlanQueue
from probes.relay.selftest import is_ready, test_host
from probes.relay.state_dir import NotJoinedError, StateDir, StateDirError
from probes.relay.subprocess_runner import SubprocessRunner, probe_names

USAGE: Final = 2
FAILED: Final = 1  # the systemd unit starts it again
UNWANTED: Final = 78  # EX_CONFIG of sysexits.h; the systemd unit does not restart on it

METRICS: Final = "LINEMAN_RELAY_METRICS"

_EPILOG: Final = (
    "LINEMAN_RELAY_HOME is the folder, LINEMAN_RELAY_PROXY a proxy such as "
    "http://user:password@proxy:3128, or none (default: HTTPS_PROXY and NO_PROXY). LINEMAN_RELAY_ROOTS is a PEM file "
    "with further authorities, LINEMAN_RELAY_METRICS an address for Prometheus, such as 127.0.0.1:9466. "
    "docs/relays.md has the rest."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser().parse_args(words[1:] if words[:1] == ["relay"] else words)
    form = os.environ.get(LOG_FORMAT, "").strip().lower() or TEXT
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(form, "%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    if form not in LOG_FORMATS:  # no reason to end: a relay is far away from whoever can correct it
        logging.getLogger(__name__).warning("%s must be %s or %s", LOG_FORMAT, TEXT, JSON)
    complain = _log_error if form == JSON else _complain
    state_dir = StateDir(Path(options.home))
    try:
        match options.do:
            case "join":
                return asyncio.run(_join(state_dir, options.invitation))
            case "check":
                return asyncio.run(_check(state_dir))
            case "id":
                return _say(state_dir.identity().id)
        return asyncio.run(_run(state_dir))
    except (StateDirError, KeyFileError, MetricsError, PolicyError, WireError) as error:
        # A service starts again, because somebody may correct the file; without an invitation, nothing will change.
        again = options.do == "run" and not isinstance(error, NotJoinedError)
        return complain(str(error), FAILED if again else USAGE)
    except LinkError as error:
        return complain(str(error), UNWANTED)


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of `lineman relay`."""
    parser = argparse.ArgumentParser(
        prog="lineman relay",
        description="Run network checks on this host for a hub.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lineman-relay {__version__}")
    parser.add_argument(
        "do",
        nargs="?",
        choices=("run", "join", "check", "id"),
        default="run",
        help="run checks for the hub (default), join a hub, check this installation, or print the relay's id",
    )
    parser.add_argument(
        "invitation",
        nargs="?",
        help="for join: the output of `lineman relays invite`, or - for standard input",
    )
    parser.add_argument(
        "--home", default=str(relay_home(os.environ)), help="the relay's folder (default: %(default)s)"
    )
    return parser


async def _run(state_dir: StateDir) -> int:
    hub, me = state_dir.hub(), state_dir.identity()
    place = _place(hub.url, hub.pin)
    policy = state_dir.policy().with_proxy(place.proxy)
    exposed = check_isolation(state_dir.path)
    runner = SubprocessRunner(policy, None if exposed else state_dir.path)
    plans = PlanQueue(me, hub.keys, policy, runner, memory=state_dir.memory(), switch=state_dir.switch)
    agent = Agent(place, me, plans, __version__, runner.probes, own_checks={ISOLATION: exposed})
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    async with metrics_served(METRICS, os.environ.get("LINEMAN_RELAY_METRICS", ""), RELAY, agent.gauges):
        await agent.run()
    return 0


async def _join(state_dir: StateDir, word: str | None) -> int:
    if not word:
        raise StateDirError("write `join` and the invitation")
    invitation = read_invitation(sys.stdin.readline() if word == "-" else word)
    if state_dir.usual_policy():
        _say(
            f"wrote {state_dir.path / 'policy.yaml'}: the hosts and ports that this relay may "
            "reach, for Twilio's public network"
        )
    state_dir.policy()  # raises without a valid policy file: no relay joins without one
    me = state_dir.identity(new=True)
    place = _place(invitation.hub, invitation.pin)
    name = await join(place, me, __version__, probe_names(), invitation.secret)
    state_dir.joined(invitation)
    return _say(f"joined as {name}; this relay is {me.id}")


async def _check(state_dir: StateDir) -> int:
    state_dir.policy()
    hub = state_dir.hub()
    me: Identity = state_dir.identity()
    checks = await test_host(_place(hub.url, hub.pin).url.split("/")[2].partition(":")[0], 0.0)
    checks[ISOLATION] = check_isolation(state_dir.path)
    for name, sentence in checks.items():
        _say(f"{name}: {sentence or 'fine'}")
    _say(f"relay {me.id}, hub {hub.url}, orders signed by {', '.join(hub.keys)}")
    return 0 if is_ready(checks) else USAGE


def _place(url: str, pin: str) -> HubAddress:
    try:
        return HubAddress(url, pin, proxy_from(os.environ, url), trust(os.environ.get("LINEMAN_RELAY_ROOTS")))
    except OSError as error:
        raise StateDirError(f"LINEMAN_RELAY_ROOTS: {error.strerror or 'no certificates in it'}") from None


def _say(sentence: str) -> int:
    sys.stdout.write(sentence + "\n")
    return 0


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"lineman relay: {sentence}\n")
    return code


def _log_error(sentence: str, code: int) -> int:
    logging.getLogger(__name__).error("%s", sentence)
    return code


if __name__ == "__main__":
    sys.exit(main())
