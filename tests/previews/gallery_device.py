"""Replies to what people paste or upload from the user's device: beside a relay, alone, or no report at all.

Pure: no network, no clock.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from bot.diagnosis.device_evidence import apply_device_reading
from bot.diagnosis.run_record import RunRecord
from bot.intake.read import read
from bot.rendering.blocks import device_report
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.notices import note
from bot.rendering.blocks.run_header import run_header
from bot.rendering.report_summary import COMPLETED
from bot.rendering.view import make_view
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from tests.previews.gallery_text import Exhibit

_RELAYED: Final = {
    "candidateType": "relay",
    "protocol": "udp",
    "relayProtocol": "tcp",
    "url": "turn:turn.example:443?transport=tcp",
}
# What a browser behind a firewall says that lets no UDP out: made up, in the form of the JavaScript SDK.
_REPORT: Final[dict[str, Any]] = {
    "callSid": f"CA{'0123456789abcdef' * 2}",
    "edge": "frankfurt",
    "selectedEdge": "roaming",
    "isTurnRequired": True,
    "callQuality": "good",
    "networkTiming": {
        name: {"start": start, "duration": took, "end": start + took}
        for name, start, took in (
            ("signaling", 210, 260),
            ("ice", 500, 890),
            ("dtls", 1390, 240),
            ("peerConnection", 500, 1140),
        )
    },
    "stats": {
        name: {"average": usual, "min": least, "max": most}
        for name, usual, least, most in (
            ("rtt", 182, 160, 240),
            ("jitter", 14, 8, 31),
            ("mos", 4.1, 3.6, 4.2),
        )
    },
    "samples": [
        {
            "codecName": "opus",
            "rtt": 182 + number,
            "jitter": 14,
            "mos": 4.1,
            "packetsLost": number % 2,
            "packetsReceived": 50 - number % 2,
            "packetsSent": 50,
            "bytesReceived": 8000,
            "bytesSent": 8000,
            "timestamp": 1_795_339_200_000 + 1_000 * number,
        }
        for number in range(10)
    ],
    "totals": {
        "packetsLost": 5,
        "packetsReceived": 495,
        "packetsSent": 500,
        "bytesReceived": 80_000,
        "bytesSent": 80_000,
    },
    "iceCandidateStats": [
        {"candidateType": "host", "protocol": "udp", "address": "192.0.2.30", "port": 50001},
        {"address": "203.0.113.5", "port": 30001, **_RELAYED},
    ],
    "selectedIceCandidatePairStats": {
        "localCandidate": {"address": "203.0.113.5", "port": 30001, **_RELAYED},
        "remoteCandidate": {
            "candidateType": "host",
            "protocol": "udp",
            "address": "203.0.113.77",
            "port": 14000,
        },
    },
}
_DIG: Final = (
    "; <<>> DiG 9.18.1 <<>> {host}\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n"
    ";; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0\n;; QUESTION SECTION:\n;{host}.\tIN\tA\n"
)


def from_devices(
    knowledge: Knowledge, network: Network, agrees: RunRecord, differs: RunRecord
) -> Iterator[Exhibit]:
    """Every such reply; the relay of *agrees* saw what the device did, that of *differs* something else."""
    report = read(json.dumps(_REPORT))
    for file, name, record in (
        ("device", "A report beside the relay", agrees),
        ("device-differs", "A report that the relay contradicts", differs),
    ):
        continued = apply_device_reading(record, report, knowledge, network)
        now = continued.record
        view = make_view(now, knowledge, network)
        header = run_header(now, ButtonContext("c-7f3a", "heron-7"), knowledge, "U0AGENT", network.title)
        shown = device_report.compared(header, view, now.diagnosis, report, [continued], network.quality)
        yield Exhibit(file, name, shown)
    begin = "To test from a relay in the user's network as well: /diagnose 31009 javascript"
    start = {"code": "31009", "platform": "javascript"}
    alone = device_report.alone(report, network.quality, begin, COMPLETED, start)
    yield Exhibit("device-alone", "A report alone", alone)
    dig = read(_DIG.format(host=network.hosts("signaling", "javascript")[0]))
    yield Exhibit("device-tool", "Output of a tool", device_report.alone(dig, network.quality, begin))
    foreign = read(json.dumps({"name": "softphone", "version": "1.4.0", "dependencies": {}}))
    yield Exhibit("device-foreign", "JSON that is no report", note(foreign.says))
    piece = read('{"callSid": "CA01')
    yield Exhibit("device-piece", "A piece of a report", note(piece.says))
