"""Allow-lists hold exactly what a client needs, and each form is taken by a parser of its own kind."""

import csv
import io
import json
import re
import shutil
import subprocess
from ipaddress import ip_network
from pathlib import Path

import hcl2
import pytest

from bot.allowlist.formats import BY_ADDRESS, FORMS
from bot.allowlist.model import AllowList, make_list
from bot.allowlist.request import is_legacy
from bot.allowlist.resolve import addresses
from bot.cli.allowlist import run_allowlist
from bot.errors import UsageError
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.lab import needs

NETWORK = load_network()
PLATFORMS = ("javascript", "android", "ios", "react-native")
EVERY = [(p, e, t) for p in PLATFORMS for e in ("roaming", "frankfurt") for t in (True, False)]

# Own grammar, checked by line: no parser of these two can be installed here.
PAN_OS = re.compile(
    r"# .*|set address [\w-]+ (fqdn [\w.-]+|ip-netmask [\d./]+)|set service [\w-]+ protocol (tcp|udp) port \d+(-\d+)?"
    r"|set rulebase security rules [\w-]+ from any to any source any destination \[( [\w-]+)+ \] "
    r"application any service [\w-]+ action allow"
)
ASA = re.compile(
    r"! .*|object network [\w-]+| (fqdn v4 [\w.-]+|subnet [\d.]+ [\d.]+)"
    r"|access-list lineman extended permit (tcp|udp) any object [\w-]+ (eq \d+|range \d+ \d+)"
)


def start_of(block: str) -> str:
    """The first address of a range: some forms write a mask instead of a length."""
    return str(ip_network(block).network_address)


def listed(platform: str, edge: str = "roaming", *, turn: bool = True) -> AllowList:
    found = make_list(NETWORK, platform, edge, turn=turn)
    return found.with_addresses(dict.fromkeys(found.names, ("198.51.100.7/32",)))


def test_an_edge_needs_its_own_hosts_only() -> None:
    """A fixed edge needs its signaling host; roaming needs every edge's, because DNS may lead to any."""
    fixed = {one.host for one in make_list(NETWORK, "ios", "frankfurt").entries}
    own = {"chunderm.de1.gll.twilio.com", "ers.twilio.com", "eventgw.twilio.com", ""}
    assert fixed == own | {"*.push.apple.com"}
    roams = [one.host for one in make_list(NETWORK, "javascript").entries if one.service == "signaling"]
    assert len(roams) == 1 + len(NETWORK.edges)


def test_home_regions_have_event_hosts_of_their_own() -> None:
    """The browser's SDK sends its reports there. No diagnosis looks at them."""
    homes = {f"eventgw.{home}.twilio.com" for home in ("us1", "ie1", "au1")}
    listed_hosts = {entry.host for entry in make_list(NETWORK, "javascript", "dublin").entries}
    assert homes < listed_hosts
    assert not homes & {entry.host for entry in make_list(NETWORK, "android").entries}
    assert not any(
        look.service == "home-insights"
        for question in load_knowledge().questions.values()
        for look in question.observe
    )


def test_phones_need_hosts_of_apple_and_google() -> None:
    """Incoming calls need APNs or FCM. Their hosts are in the list of that platform, and in no diagnosis."""
    hosts = {
        platform: {(one.host, one.port()) for one in make_list(NETWORK, platform, "dublin").entries}
        for platform in PLATFORMS
    }
    apple = {("*.push.apple.com", "5223"), ("*.push.apple.com", "443")}
    google = {("mtalk.google.com", "5228-5230"), ("alt8-mtalk.google.com", "443")}
    assert apple < hosts["ios"]
    assert not google & hosts["ios"]
    assert google < hosts["android"]
    assert not apple & hosts["android"]
    assert apple | google < hosts["react-native"]
    assert not (apple | google) & hosts["javascript"]
    push = {name for service in NETWORK.push for name in (service.id, *service.hosts)}
    asked = {look.service for question in load_knowledge().questions.values() for look in question.observe}
    assert not push & ({*NETWORK.service_names} | asked)


def test_addresses_of_google_change() -> None:
    """A list that has looked its names up says so; one that keeps names need not."""
    android = make_list(NETWORK, "android", "dublin")
    assert not any("change often" in line for line in android.head())
    assert any("change often" in line for line in listed("android", "dublin").head())
    assert not any("change often" in line for line in listed("ios", "dublin").head())


def test_turn_comes_with_its_published_ranges() -> None:
    """TURN is listed where it is asked for, by the ranges of the edge's own region."""
    without = make_list(NETWORK, "javascript", "frankfurt")
    assert not [one for one in without.entries if one.service in ("stun", "turn")]
    ways = [
        one
        for one in make_list(NETWORK, "javascript", "frankfurt", turn=True).entries
        if one.service == "turn"
    ]
    assert [(one.transport, one.port()) for one in ways] == [("udp", "3478"), ("tcp", "3478"), ("tcp", "443")]
    assert {one.ranges for one in ways} == {NETWORK.turn_ranges["de1"]}


def test_every_format_has_a_name() -> None:
    """A function that writes a list is in the table, or nobody could ask for it."""
    named = {function.__name__ for function in FORMS.values()}
    for file in sorted(Path("bot/allowlist").glob("*.py")):
        for name in re.findall(
            r"^def ([a-z]\w*)\(allowlist: AllowList\) -> str:", file.read_text(), re.MULTILINE
        ):
            assert name in named, f"bot/allowlist/formats.py: FORMS needs a line for {name} of {file}"


@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_every_entry(platform: str, edge: str, turn: bool, form: str) -> None:
    """Each host or range, and each port, stands in each form, with the date and the sources in those that can."""
    found = listed(platform, edge, turn=turn)
    written = FORMS[form](found)
    for entry in found.entries:
        needs_ranges = form in BY_ADDRESS or entry.host not in written
        assert not needs_ranges or form in BY_ADDRESS or "*" in entry.host
        assert not needs_ranges or all(start_of(one) in written for one in entry.ranges)
        assert str(entry.ports[1]) in written
    assert NETWORK.checked in written or form == "csv"
    assert "network-connectivity-requirements" in written or form == "csv"


@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
def test_plain_forms_are_read_back(platform: str, edge: str, turn: bool) -> None:
    """CSV and JSON, read by the parsers of the standard library, give the entries again."""
    found = listed(platform, edge, turn=turn)
    rows = list(csv.DictReader(io.StringIO(FORMS["csv"](found))))
    assert [(one["host"], one["ports"]) for one in rows] == [(one.host, one.port()) for one in found.entries]
    entries = json.loads(FORMS["json"](found))["entries"]
    assert [one["host"] for one in entries] == [one.host for one in found.entries]


@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
def test_terraform_is_hcl(platform: str, edge: str, turn: bool) -> None:
    """A parser of HCL reads one egress rule for each range, with ports as numbers."""
    found = listed(platform, edge, turn=turn)
    read = hcl2.loads(FORMS["terraform-sg"](found))
    rules = [rule for one in read["resource"] for kind in one.values() for rule in kind.values()]
    assert len(rules) == sum(len(one[0].ranges) for one in found.rules)
    assert all(isinstance(rule["to_port"], int) for rule in rules)
    assert all(ip_network(str(rule["cidr_ipv4"]).strip('"')) for rule in rules)


@pytest.mark.skipif(
    shutil.which("terraform") is None, reason="terraform is not installed; python-hcl2 read it too"
)
def test_terraform_formats_it_as_it_is() -> None:
    """Terraform's own formatter has nothing to change."""
    text = FORMS["terraform-sg"](listed("ios", "frankfurt"))
    done = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text


@pytest.mark.parametrize(("form", "grammar"), [("pan-os", PAN_OS), ("cisco-asa", ASA)])
@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
def test_appliances_get_lines_of_their_grammar(
    platform: str, edge: str, turn: bool, form: str, grammar: re.Pattern[str]
) -> None:
    """Every line fits the grammar written down here, and no rule names an object that is not defined."""
    lines = FORMS[form](listed(platform, edge, turn=turn)).splitlines()
    assert [line for line in lines if not grammar.fullmatch(line)] == []
    defined = {
        found[1] for line in lines if (found := re.match(r"(?:set address|object network) (\S+)", line))
    }
    used = {name for line in lines for name in re.findall(r"object (lineman\S+)", line)}
    used |= {name for line in lines for names in re.findall(r"\[ (.*) \]", line) for name in names.split()}
    assert used == defined


@pytest.mark.root
@pytest.mark.parametrize(
    ("form", "command"),
    [("nft", ["nft", "-c", "-f", "-"]), ("iptables", ["iptables-restore", "--test", "--noflush"])],
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_linux_takes_its_rules(platform: str, form: str, command: list[str]) -> None:
    """nft and iptables-restore themselves accept the rules, in a check that changes nothing."""
    if reason := needs.missing():
        pytest.skip(reason)
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    text = FORMS[form](listed(platform))
    done = subprocess.run(
        ["unshare", "-n", *command], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_rule_makes_another_one_superfluous() -> None:
    """By address, what opens the same ranges and ports is one rule that names all it is for."""
    found = listed("ios", "frankfurt")
    rules = [line for line in FORMS["nft"](found).splitlines() if "accept comment" in line]
    assert len({line.partition(" comment ")[0] for line in rules}) == len(rules) == len(found.rules)
    (shared,) = [line for line in rules if "udp dport 3478" in line]
    assert "stun global.stun.twilio.com and turn frankfurt.turn.twilio.com" in shared
    assert sum(len(group) for group in found.rules) == len(found.entries)


def test_an_old_sdk_needs_its_own_port_too() -> None:
    """Mobile SDKs before 3.0 signal on a port of their own; others, and those in browsers, do not."""
    knowledge = load_knowledge()
    assert [is_legacy(one, knowledge) for one in (None, "2.1.0", "3.0", "6.12.0")] == [
        False,
        True,
        False,
        False,
    ]
    with pytest.raises(UsageError, match="not an SDK version"):
        is_legacy("old", knowledge)
    old = make_list(NETWORK, "android", "frankfurt", legacy=True)
    more = set(old.entries) - set(make_list(NETWORK, "android", "frankfurt").entries)
    assert [(one.host, one.port()) for one in more] == [("chunderm.de1.gll.twilio.com", "10194")]
    assert "SDK before 3.0" in old.head()[0]
    roams = [
        one for one in make_list(NETWORK, "ios", legacy=True).entries if one.service == "legacy-signaling"
    ]
    assert len(roams) == len([one for one in make_list(NETWORK, "ios").entries if one.service == "signaling"])
    browser = make_list(NETWORK, "javascript", "frankfurt", legacy=True)
    assert browser == make_list(NETWORK, "javascript", "frankfurt")


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"csv", "json"}))
def test_a_list_says_that_it_is_for_ipv4(form: str) -> None:
    """Whoever pastes it reads what to do about IPv6."""
    assert "IPv4 only" in FORMS[form](listed("ios", "frankfurt"))


def test_a_name_without_address_is_refused() -> None:
    """No rule is silently left out: a name that nobody knows is an error that names the ways on."""
    found = make_list(NETWORK, "ios", "frankfurt")
    with pytest.raises(UsageError, match="--any-address"):
        addresses(found, NETWORK, look_up=lambda _: ())
    anywhere = addresses(found, NETWORK, anywhere=True)
    assert set(anywhere.values()) == {("0.0.0.0/0",)}


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a list; words that mean nothing get the nearest that do."""
    assert run_allowlist(["ios", "--edge", "frankfurt", "--turn", "yes"]) == 0
    assert "chunderm.de1.gll.twilio.com" in capsys.readouterr().out
    for words in (["ios", "--format", "nftt"], ["io"], ["ios", "--turn", "perhaps"], [], ["ios", "--edgy"]):
        with pytest.raises(UsageError):
            run_allowlist(words)
