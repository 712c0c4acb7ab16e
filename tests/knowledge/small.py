"""A small knowledge folder, and a network for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.loading.load import load_knowledge
from knowledge.model.conclusions import Answered
from knowledge.model.schema import UNKNOWN, CaseModel, EdgeScope
from knowledge.reasoning.selection import select_causes
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

CODE = "31009"

QUESTIONS = {
    "names": """
        asks: Does the name resolve?
        observe: {probe: dns, service: signaling}
        answers: {resolves: {every: {failure: null}}, fails: {every: {failure: {not: null}}}, partly: else}
        cases:
          - {given: [{failure: null}], answer: resolves}
          - {given: [{failure: dns_timeout_error}], answer: fails}
          - {given: [{failure: null}, {failure: dns_timeout_error}], answer: partly}
        """,
    "port": """
        asks: Does TCP 443 open?
        needs: {names: [resolves, partly]}
        observe: {probe: tcp, service: signaling}
        answers: {open: {every: {failure: null}}, shut: {every: {failure: {not: null}}}, partly: else}
        cases:
          - {given: [{failure: null}], answer: open}
          - {given: [{failure: generic_timeout_error}], answer: shut}
          - {given: [{failure: null}, {failure: connection_refused}], answer: partly}
        """,
    "others": """
        asks: Do other edges open?
        observe: {probe: tcp, service: signaling, edge: every}
        answers: {open: {some: {failure: null}}, shut: else}
        cases:
          - {given: [{failure: null}, {failure: generic_timeout_error}], answer: open}
          - {given: [{failure: generic_timeout_error}], answer: shut}
        """,
    "tls": """
        asks: Is TLS genuine?
        needs: {port: [open, partly]}
        observe: {probe: tls, service: signaling}
        answers:
          genuine: {every: {failure: null}}
          intercepted: {some: {failure: [ssl_unknown_authority, ssl_local_authority]}}
          broken: else
        cases:
          - {given: [{failure: null}], answer: genuine}
          - {given: [{failure: ssl_local_authority}], answer: intercepted}
          - {given: [{failure: connection_reset}], answer: broken}
        """,
    "upgrade": """
        asks: Does the WebSocket open?
        needs: {tls: [genuine, intercepted]}
        platforms: [javascript]
        observe: {probe: websocket, service: signaling, params: {path: /signal}}
        answers: {opens: {every: {failure: null}}, cut: else}
        cases:
          - {given: [{failure: null}], answer: opens}
          - {given: [{failure: websocket_upgrade_stripped}], answer: cut}
        """,
    "media": """
        asks: Does UDP pass both ways?
        observe: {probe: udp_media, service: media}
        answers:
          open: {every: {failure: null}}
          blocked: {some: {failure: udp_outbound_lost}}
          one-way: {some: {failure: udp_inbound_lost}}
          unclear: else
        cases:
          - {given: [{failure: null}], answer: open}
          - {given: [{failure: udp_outbound_lost}], answer: blocked}
          - {given: [{failure: udp_inbound_lost}], answer: one-way}
          - {given: [{failure: turn_unauthorized}], answer: unclear}
          - {given: [{failure: no_credentials}], answer: unknown}
          - {given: [{failure: running}], answer: unknown}
        """,
    "proof": """
        asks: Was the media range itself looked at?
        observe: {probe: udp_media, service: media}
        answers: {inside: {some: {in_range: true}}, beside: else}
        cases:
          - {given: [{failure: null, in_range: true}], answer: inside}
          - {given: [{failure: null, in_range: false}], answer: beside}
        """,
    "relayed": """
        asks: Can TURN be reached?
        observe: {probe: turn, service: turn}
        answers: {reached: {some: {failure: null}}, shut: else}
        cases:
          - {given: [{failure: null}, {failure: connection_refused}], answer: reached}
          - {given: [{failure: connection_refused}], answer: shut}
        """,
    "distance": """
        asks: Is roaming's edge near?
        observe: {probe: edges, service: signaling, edge: roaming}
        answers: {far: {some: {extra_ms: {above: 30}}}, near: else}
        cases:
          - {given: [{extra_ms: 95.5}], answer: far}
          - {given: [{extra_ms: 30}], answer: near}
        """,
    "old-port": """
        asks: Does TCP 10194 open?
        observe: {probe: tcp, service: legacy-signaling}
        answers: {open: {some: {failure: null}}, shut: else}
        cases:
          - {given: [{failure: null}], answer: open}
          - {given: [{failure: generic_timeout_error}], answer: shut}
        """,
    "vpn": """
        asks: Is the user on a VPN?
        person: {option: vpn, ask: Is the user on a VPN?}
        answers: {yes: {says: "yes, on a VPN", is: [yes, on]}, no: {says: "no VPN", is: [no, off]}}
        cases: [{given: "yes", answer: yes}, {given: "no", answer: no}, {given: perhaps, answer: unknown}]
        """,
    "turn-passed": """
        asks: Does the app pass TURN servers?
        person: {option: turn, ask: Does your app pass TURN servers?}
        answers: {yes: {says: it does, is: yes}, no: {says: it does not, is: no}}
        cases: [{given: "yes", answer: yes}, {given: "no", answer: no}]
        """,
    "version": """
        asks: Which SDK is it?
        person: {option: sdk-version, ask: Which version of the SDK is it?}
        answers: {before-3: {says: 2.x or older, below: 3}, from-3: {says: 3.x or newer, from: 3}}
        cases: [{given: "2.10.1", answer: before-3}, {given: "3.0", answer: from-3}]
        """,
}

CAUSES = {
    "no-names": """
        weight: {31009: 2}
        when: {names: fails}
        cases:
          - {given: {names: fails}, found: [no-names]}
          - {given: {names: resolves}, ruled_out: [no-names]}
        """,
    "blocked": """
        weight: {31009: 4}
        when: {port: shut, others: shut}
        cases:
          - {given: {port: shut, others: shut}, found: [blocked]}
          - {given: {port: partly, others: shut}, ruled_out: [blocked]}
          - {given: {port: shut}, possible: [blocked, edge-shut]}
          - {given: {others: open}, ruled_out: [blocked]}
        """,
    "edge-shut": """
        weight: {31009: 1}
        when: {port: shut, others: open}
        cases:
          - {given: {port: shut, others: open}, found: [edge-shut]}
          - {given: {port: open, others: open}, found: []}
          - {given: {others: shut}, ruled_out: [edge-shut]}
        """,
    "intercepted": """
        weight: {31009: 3}
        when: {tls: intercepted}
        explains: [stripped]
        cases:
          - {given: {tls: intercepted}, found: [intercepted]}
          - {given: {tls: intercepted, upgrade: cut}, found: [intercepted], explained: [stripped]}
        """,
    "stripped": """
        weight: {31009: 2}
        platforms: [javascript]
        when: {upgrade: cut}
        cases:
          - {given: {upgrade: cut}, found: [stripped]}
          - {given: {upgrade: opens}, found: []}
        """,
    "media-shut": """
        weight: {31009: 4}
        when: {media: blocked}
        likely_when: {proof: beside}
        cases:
          - {given: {media: blocked, proof: inside}, found: [media-shut], confidence: {media-shut: certain}}
          - {given: {media: blocked, proof: beside}, found: [media-shut], confidence: {media-shut: likely}}
          - {given: {media: one-way}, found: [media-half]}
        """,
    "media-half": """
        weight: {31009: 2}
        when: {media: one-way}
        cases:
          - {given: {media: one-way}, found: [media-half]}
          - {given: {media: open}, found: []}
        """,
    "needs-turn": """
        weight: {31009: 3}
        when: {media: [blocked, one-way], relayed: reached, turn-passed: no}
        explains: [media-shut, media-half]
        cases:
          - {given: {media: blocked, relayed: reached, turn-passed: no}, found: [needs-turn], explained: [media-shut]}
          - {given: {media: one-way, relayed: reached, turn-passed: no}, found: [needs-turn], explained: [media-half]}
          - {given: {media: open, relayed: reached, turn-passed: no}, found: []}
          - {given: {media: blocked, relayed: shut, turn-passed: no}, found: [media-shut, no-turn]}
          - {given: {media: blocked, relayed: reached, turn-passed: yes}, found: [media-shut]}
        """,
    "no-turn": """
        weight: {31009: 2}
        when: {relayed: shut}
        cases:
          - {given: {relayed: shut}, found: [no-turn]}
          - {given: {relayed: reached}, found: []}
        """,
    "detour": """
        weight: {31009: 2}
        when: {distance: far}
        clears_only_if: {vpn: no}
        cases:
          - {given: {distance: far}, found: [detour]}
          - {given: {distance: near, vpn: no}, ruled_out: [detour]}
          - {given: {distance: near, vpn: yes}, not_checked: [detour]}
          - {given: {distance: near}, not_checked: [detour]}
        """,
    "too-old": """
        weight: {31009: 1, 31000: 2}
        platforms: [ios]
        when:
          - {old-port: shut, version: before-3}
        cases:
          - {given: {old-port: shut, version: before-3}, found: [too-old]}
          - {given: {old-port: shut}, possible: [too-old]}
          - {given: {old-port: open, version: before-3}, ruled_out: [too-old]}
          - {given: {old-port: shut, version: from-3}, ruled_out: [too-old]}
        """,
}

ERRORS = {CODE: "name: TransportError", "31000": "name: GenericError"}
PLATFORMS = {"javascript": "JavaScript", "ios": "iOS"}

_ERROR = "code: {id}\n{text}\nmeans: {{all: No transport.}}\nreferences: []\n"
_PLATFORM = """id: {id}
title: {text}
sdk: {{name: sdk, minimum_preflight: "1.0", current: "3.0"}}
snippets: {{turn: {{language: text, code: turn}}}}
preflight: {{call: run, since: "1.0", needs: [token], steps: [run it], read: [isTurnRequired]}}
references: []
"""
_QUESTION = "id: {id}\nmeans: Whether it works.\n{text}\n"
_CAUSE = """id: {id}
title: The cause {id}
customer: Something is in the way.
evidence: ["{{host}} did not answer."]
fixes: {{all: [{{do: Open it., who: firewall, snippet: turn}}]}}
references: []
{text}
symptoms:
{symptoms}"""
_SYMPTOMS = "".join(f'  - "it fails in way {number} with {{id}}"\n' for number in range(8))


def write(folder: Path, room: str, id_: str, text: str) -> Path:
    """One file of the room, from the part of it that is its own."""
    form = {"errors": _ERROR, "platforms": _PLATFORM, "questions": _QUESTION, "causes": _CAUSE}[room]
    lines = text.strip("\n").splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    own = "\n".join(line[margin:] for line in lines)
    file = folder / room / f"{id_}.yaml"
    if room == "causes" and not any(line.startswith("impact:") for line in own.splitlines()):
        own += "\nimpact: blocks"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(form.format(id=id_, text=own, symptoms=_SYMPTOMS.format(id=id_)), encoding="utf-8")
    return file


def write_all(folder: Path) -> Path:
    """The whole small knowledge in *folder*."""
    rooms = {"errors": ERRORS, "platforms": PLATFORMS, "questions": QUESTIONS, "causes": CAUSES}
    for room, texts in rooms.items():
        for id_, text in texts.items():
            write(folder, room, id_, text)
    return folder


@dataclass(frozen=True)
class Town:
    """A network of three edges; roaming leads to `near`."""

    resolvers: tuple[str, ...] = ()

    def targets(self, service: str, platform: str, scope: EdgeScope, chosen: str, /) -> tuple[Target, ...]:
        edges = {"chosen": [chosen or "roaming"], "roaming": ["roaming"], "every": ["near", "far"]}[scope]
        if service == "signaling":
            return tuple(Target(service, f"{edge}.example", 443, "tcp", edge) for edge in edges)
        if service == "turn":
            carried = [("udp", 3478), ("tcp", 3478), ("tls", 443)]
            return tuple(Target(service, "turn.example", port, how) for how, port in carried)
        if service == "legacy-signaling" and platform != "ios":
            return ()
        return (Target(service, f"{service}.example", 10194),)


def case_of(folder: Path, platform: str = "javascript", edge: str = "") -> CaseModel:
    """The case of 31009 on *platform* by the files in *folder*."""
    return select_causes(load_knowledge(folder), Town(), CODE, platform, edge)


def given(case: CaseModel, **answers: str) -> dict[str, Answered]:
    """Answers by question (`_` for `-`); what is left out is unknown."""
    named = {key.replace("_", "-"): value for key, value in answers.items()}
    assert named.keys() <= case.questions.keys()
    return {id_: answered(case, id_, named.get(id_, UNKNOWN)) for id_ in case.questions}


def answered(case: CaseModel, id_: str, answer: str | None) -> Answered:
    by = "person" if case.questions[id_].person else "relay"
    if answer in (None, UNKNOWN):
        return Answered(id_, None, "nobody looked", (), by, (id_,))
    return Answered(id_, answer, "seen", (f"step of {id_}",), by)


def look_at(
    case: CaseModel, failures: Mapping[str, Failure | None], **facts: object
) -> dict[str, Observation]:
    """Make an observation for each step whose id starts with a key of *failures*; `""` is for the rest."""
    seen = {}
    for wanted in (one for many in case.probes.values() for one in many):
        key = max((key for key in failures if wanted.step.startswith(key)), key=len, default=None)
        if key is not None:
            seen[wanted.step] = Observation(wanted.step, wanted.probe, wanted.target, failures[key], facts)
    return seen
