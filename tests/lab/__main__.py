"""The lab for people: `python -m tests.lab list`, `open NAME`, `clean`."""

import subprocess
import sys

from tests.lab import addresses as at
from tests.lab import faults, leftovers, needs, scenarios
from tests.lab.lab import Lab, Situation
from tests.lab.scenarios import Scenario
from tests.lab.servers import LabError

USAGE = "usage: python -m tests.lab list | open NAME | clean"


def main(words: list[str]) -> int:
    """Run one command; the exit code."""
    match words:
        case ["list"]:
            return _list()
        case ["clean"]:
            print("removed:", " ".join(leftovers.clean()) or "nothing")
            return 0
        case ["open", name]:
            return _open(name)
    print(USAGE, file=sys.stderr)
    return 2


def _list() -> int:
    print("Faults:")
    for name in faults.FAULTS:
        print(f"  {name:18} {faults.about(name)}")
    print("\nScenarios:")
    for name in scenarios.names():
        print(f"  {name:40} {scenarios.load(name).about}")
    return 0


def _open(name: str) -> int:
    if reason := needs.missing():
        print(reason, file=sys.stderr)
        return 2
    try:
        scenario = scenarios.load(name)
        with Lab.start() as lab, lab.scenario(scenario) as situation:
            _describe(scenario, situation)
            shell = situation.command(["bash", "--norc", "-i"])
            return subprocess.run(shell, check=False).returncode
    except scenarios.ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    except LabError as error:
        print(error, file=sys.stderr)
        return 3


def _describe(scenario: Scenario, situation: Situation) -> None:
    print(f"\n{scenario.name}: {scenario.about}\n")
    print(f"relay {at.RELAY} - fw {at.GATEWAY} | {at.WAN} - r1 {at.WAN_GATEWAY} - r2 10.77.23.2 - svc")
    print(f"  near resolver and proxies  {at.NEAR}, ports 53, 3128, 3129 (asks for a password)")
    print(f"  far resolver               {at.FAR}")
    for edge in at.EDGES:
        print(f"  {edge.name:26} {edge.javascript} {edge.javascript_name}, {edge.delay_ms:g} ms away")
        print(f"  {'':26} {edge.mobile} {edge.mobile_name}")
    print(f"  registration, insights     {at.REGISTRATION} {at.INSIGHTS}")
    print(f"  TURN                       {at.TURN} {at.TURN_OTHER}, relays at {at.RELAYED}\n")
    for fault, parameters in scenario.faults:
        given = ", ".join(f"{key}={value}" for key, value in parameters.items())
        print(f"  fault {fault}({given}): {faults.about(fault)}")
    print(f"  to be found: {', '.join(scenario.found) or 'nothing'}\n")
    network = situation.network_file
    print("You are nobody on the relay, without capabilities. Try:")
    print(f"  .venv/bin/lineman {' '.join(scenario.arguments())} --network {network}")
    print(f"  dig {at.ROAMING_JAVASCRIPT}; dig TXT {at.CLIENT_SUBNET_NAME}")
    print(f"  curl -i --cacert {network.parent}/pki/lab.pem https://{at.ROAMING_JAVASCRIPT}/signal")
    print(f"  turnutils_uclient -y -u {at.TURN_USER} -w {at.TURN_PASSWORD} {at.TURN}")
    print("Leave with exit; the lab is removed then.\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
