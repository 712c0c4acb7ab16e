"""One report of each form, made up: keys as the SDKs write them, numbers and addresses of our own."""

from typing import Any

SID = "CA" + "0123456789abcdef" * 2
BEGAN = 1_760_000_000_000  # ms since the epoch

Json = dict[str, Any]


def javascript() -> Json:
    """A laptop behind a firewall that lets no UDP out: TURN over TCP carries the media; DNS chose dublin."""
    totals = {
        "bytesReceived": 64000,
        "bytesSent": 64000,
        "packetsLost": 4,
        "packetsReceived": 396,
        "packetsSent": 400,
    }
    return {
        "callSid": SID,
        "edge": "dublin",
        "selectedEdge": "roaming",
        "networkTiming": {
            "signaling": span(200, 280),
            "ice": span(500, 310),
            "dtls": span(810, 190),
            "peerConnection": span(500, 520),
        },
        "testTiming": span(0, 20500),
        "stats": {"jitter": spread(9, 6, 12), "rtt": spread(110, 100, 120), "mos": spread(4.32, 4.2, 4.4)},
        "totals": {**totals, "packetsLostFraction": 1.0},
        "samples": [
            {
                "audioInputLevel": 900 + n,
                "audioOutputLevel": 2000 + 3 * n,
                "bytesReceived": 8000,
                "bytesSent": 8000,
                "codecName": "opus",
                "jitter": jitter,
                "mos": None if n == 0 else 4.3,
                "packetsLost": lost,
                "packetsLostFraction": 2.0 * lost,
                "packetsReceived": 50 - lost,
                "packetsSent": 50,
                "rtt": rtt,
                "timestamp": BEGAN + 1000 * n + 0.25,
                "totals": totals,
            }
            for n, (rtt, jitter, lost) in enumerate(
                [
                    (100, 6, 0),
                    (105, 8, 1),
                    (110, 9, 0),
                    (120, 12, 1),
                    (115, 10, 0),
                    (110, 9, 1),
                    (112, 9, 0),
                    (108, 9, 1),
                ]
            )
        ],
        "iceCandidateStats": [
            browser_candidate("host", "192.0.2.30", 50001),
            browser_candidate("srflx", "198.51.100.9", 50001, url="stun:stun.example:3478?transport=udp"),
            browser_candidate("relay", "203.0.113.5", 30001, **OVER_TCP),
            browser_candidate("host", "203.0.113.77", 14000, remote=True),
        ],
        "selectedIceCandidatePairStats": {
            "localCandidate": browser_candidate("relay", "203.0.113.5", 30001, **OVER_TCP),
            "remoteCandidate": browser_candidate("host", "203.0.113.77", 14000, remote=True),
        },
        "isTurnRequired": True,
        "callQuality": "excellent",
        "warnings": [
            {
                "name": "high-jitter",
                "description": "Received an RTCWarning.",
                "rtcWarning": {
                    "name": "jitter",
                    "threshold": {"name": "max", "value": 30},
                    "values": [31, 33, 36],
                },
            }
        ],
    }


def android() -> Json:
    """A phone with a far edge that the app has set: direct media, a long way round."""
    counts = [(90, 20, 0), (180, 20, 0), (270, 22, 0), (355, 22, 5), (440, 25, 10)]
    return {
        "callSid": SID,
        "edge": "ASIAPAC_SINGAPORE",
        "selectedEdge": "singapore",
        "networkTiming": {
            "signaling": native_span(50, 640),
            "iceConnection": native_span(700, 450),
            "peerConnection": native_span(700, 900),
            "preflightTest": native_span(0, 15200),
        },
        "networkStats": {"jitter": wide(22, 20, 25), "rtt": wide(310, 290, 330), "mos": wide(3.5, 2.9, 3.9)},
        "statsSamples": [
            {
                "audioInputLevel": 1500,
                "audioOutputLevel": 2500,
                "bytesReceived": 80 * received,
                "bytesSent": 90 * 90 * (n + 1),
                "codec": "opus",
                "jitter": jitter,
                "mos": 3.5,
                "packetsLost": lost,
                "packetsLostFraction": 0.0,
                "packetsReceived": received,
                "packetsSent": 90 * (n + 1),
                "rtt": 290 + 10 * n,
                "timestamp": f"{(BEGAN + 1000 * n) * 1000}.500000",
            }
            for n, (received, jitter, lost) in enumerate(counts)
        ],
        "iceCandidates": [
            native_candidate("local", "192.0.2.40", 40001),
            native_candidate("stun", "198.51.100.40", 40001, url="stun:stun.example:3478?transport=udp"),
            native_candidate("local", "203.0.113.80", 22222, remote=True),
        ],
        "selectedIceCandidatePair": {
            "localCandidate": native_candidate("stun", "198.51.100.40", 40001),
            "remoteCandidate": native_candidate("local", "203.0.113.80", 22222, remote=True),
        },
        "isTurnRequired": False,
        "callQuality": "Fair",
        "warnings": [
            {"name": "high-rtt", "threshold": "300.0", "values": "330.0", "timestamp": BEGAN + 9000}
        ],
        "warningsCleared": [{"name": "high-rtt", "timestamp": BEGAN + 12000}],
    }


def ios() -> Json:
    """A tablet on good Wi-Fi: direct media, near edge, nothing to complain of."""
    report = android()
    report |= {
        "edge": "EU_FRANKFURT",
        "selectedEdge": "roaming",
        "networkStats": {"jitter": wide(3, 2, 5), "rtt": wide(40, 35, 50), "mos": wide(4.41, 4.4, 4.42)},
        "isTurnRequired": "false",
        "callQuality": 0,
    }
    for n, sample in enumerate(report["statsSamples"]):
        sample |= {"rtt": 38 + n, "jitter": 3, "mos": 4.41, "packetsLost": 0, "packetsReceived": 50 * (n + 1)}
    del report["warnings"], report["warningsCleared"]
    return report


def react_native() -> Json:
    """The Android report under the names of the React Native SDK."""
    report = android()
    timing = report.pop("networkTiming")

    def renamed(one: Json) -> Json:
        return {"start": one["startTime"], "end": one["endTime"], "duration": one["duration"]}

    return {
        "callSid": report["callSid"],
        "callQuality": "fair",
        "edge": report["edge"],
        "iceCandidateStats": report["iceCandidates"],
        "isTurnRequired": report["isTurnRequired"],
        "networkTiming": {
            "signaling": renamed(timing["signaling"]),
            "ice": renamed(timing["iceConnection"]),
            "peerConnection": renamed(timing["peerConnection"]),
        },
        "samples": [{**one, "timestamp": float(one["timestamp"])} for one in report["statsSamples"]],
        "selectedEdge": report["selectedEdge"],
        "selectedIceCandidatePairStats": report["selectedIceCandidatePair"],
        "stats": report["networkStats"],
        "testTiming": renamed(timing["preflightTest"]),
        "warnings": report["warnings"],
        "warningsCleared": report["warningsCleared"],
    }


SAMPLES = {"javascript": javascript, "android": android, "ios": ios, "react-native": react_native}


def span(start: int, duration: int) -> Json:
    """A time as JavaScript writes it."""
    return {"start": BEGAN + start, "end": BEGAN + start + duration, "duration": duration}


def native_span(start: int, duration: int) -> Json:
    """A time as the mobile SDKs write it."""
    return {"startTime": BEGAN + start, "endTime": BEGAN + start + duration, "duration": duration}


def spread(average: float, low: float, high: float) -> Json:
    """Average, least and most."""
    return {"average": average, "min": low, "max": high}


wide = spread

OVER_TCP = {"relayProtocol": "tcp", "url": "turn:turn.example:443?transport=tcp"}


def browser_candidate(kind: str, address: str, port: int, *, remote: bool = False, **more: Any) -> Json:
    """A candidate as a browser's statistics write it."""
    return {
        "id": f"I{kind}{port}",
        "type": "remote-candidate" if remote else "local-candidate",
        "isRemote": remote,
        "candidateType": kind,
        "address": address,
        "ip": address,
        "port": port,
        "protocol": "udp",
        "networkType": "ethernet",
        **more,
    }


def native_candidate(kind: str, address: str, port: int, *, remote: bool = False, url: str = "") -> Json:
    """A candidate as the mobile SDKs write it."""
    return {
        "candidateType": kind,
        "deleted": False,
        "ip": address,
        "isRemote": remote,
        "networkCost": 10,
        "networkId": 1,
        "networkType": "Wifi",
        "port": port,
        "priority": 1,
        "protocol": "udp",
        "relatedAddress": "",
        "relatedPort": 0,
        "tcpType": "",
        "transportId": "0",
        "url": url,
    }
