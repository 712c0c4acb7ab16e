"""What is no report gets a sentence that says what it is, or what is missing."""

import json
import tracemalloc

import pytest

from bot.intake.clues import LARGEST, ReadingKind
from bot.intake.read import read
from bot.intake.readers.sdk_report import CUT
from bot.intake.unread import BEGINNING, NOTHING
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.intake.samples import SAMPLES

VOCABULARY = make_vocabulary(load_knowledge(quick=True), load_network(None), ("local",))

FOREIGN = (
    ({"name": "app", "version": "1.0.0", "scripts": {}}, "package.json"),
    ({"log": {"version": "1.2", "entries": []}}, "HAR"),
    (
        {"code": 20003, "message": "Authenticate", "more_info": "https://docs.example", "status": 401},
        "REST API",
    ),
    ({"ice_servers": [], "username": "u", "password": "p"}, "credentials"),
    ({"iss": "SK", "exp": 1, "grants": {}}, "access token"),
    ({"rtt": 90, "jitter": 2, "mos": 4.2}, "one sample"),
    ({"PeerConnections": {}, "getUserMedia": []}, "webrtc-internals"),
    ({"format": 1, "outcome": "clear", "headline": "-"}, "Lineman"),
    ({"_status": "connecting", "_callSid": None, "_startTime": 1}, "has not ended"),
    ({"weather": "fine", "wind": 3}, "weather, wind"),
    ([1, 2, 3], "not a preflight report"),
)


@pytest.mark.parametrize(("value", "word"), FOREIGN, ids=lambda one: one if isinstance(one, str) else "")
def test_foreign_json_is_named(value: object, word: str) -> None:
    """Each says what it is, and that the SDK's report is wanted instead."""
    reading = read(json.dumps(value))
    assert reading.kind == "foreign"
    assert word in reading.says
    assert "preflight" in reading.says
    assert not reading.useful


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("", "nothing", "The text is empty."),
        (" \n\t", "nothing", "The text is empty."),
        ("hello, is anybody there?", "nothing", NOTHING),
        ('{"callSid": "CA01', "nothing", BEGINNING),
        ("42", "nothing", NOTHING),
        ("\x00\x01\x02", "nothing", NOTHING),
        (b"\xff\xfe\xfd\xfc\x00", "nothing", NOTHING),
    ],
)
def test_nothing_is_said_to_be_nothing(text: str | bytes, kind: ReadingKind, says: str) -> None:
    """Text without a report says so, and what to send."""
    reading = read(text)
    assert reading.kind == kind
    assert says in reading.says


@pytest.mark.unmeasured
def test_a_report_cut_off_anywhere_is_read_as_far_as_it_goes() -> None:
    """At whatever letter it ends: a report with a note that it is cut, or a sentence; never more than the whole."""
    report = SAMPLES["android"]()
    report["statsSamples"] = report["statsSamples"][:1]
    del report["iceCandidates"]
    whole = json.dumps(report, separators=(",", ":"))
    kinds = set()
    for length in range(len(whole)):
        reading = read(whole[:length])
        kinds.add(reading.kind)
        if reading.kind == "report":
            (cut,) = reading.reports
            assert CUT in cut.notes
            assert cut.edge in ("", "singapore") or "singapore".startswith(cut.edge) or "asiapac" in cut.edge
            assert cut.timing.signaling is None or cut.timing.signaling <= 640
        else:
            assert reading.says.endswith(".")
    assert "report" in kinds
    assert len(kinds) > 1


def test_fifty_megabytes_are_refused_without_being_read() -> None:
    """What is far too long is refused with a sentence, and nothing is made of it in memory."""
    huge = b'{"callSid": "' + b"a" * 50_000_000
    tracemalloc.start()
    try:
        reading = read(huge)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reading.kind == "refused"
    assert "50 MB" in reading.says
    assert most < 100_000
    assert read("x" * (LARGEST + 1)).kind == "refused"
    assert read(" " * LARGEST).kind == "nothing"


def test_secrets_are_named_and_not_kept() -> None:
    """Tokens and passwords around and inside a report are told of by kind, and stand in nothing that is kept."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJTSzAxMjMifQ.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
    report = SAMPLES["android"]()
    local = report["selectedIceCandidatePair"]["localCandidate"]
    token_like = "0123456789abcdef0123456789ABCDEF"
    for one in report["iceCandidates"]:
        one |= {"ip": token_like, "networkType": token_like, "url": f"turn:{token_like} x"}
    report["statsSamples"][-1]["codec"] = token_like
    report["warnings"] = [token_like, {"name": token_like}]
    local |= {
        "candidateType": "relay",
        "url": "turn:user:hunter2hunter2@turn.example:3478",
        "password": "hunter2",
    }
    report |= {
        "accessToken": token,
        "callSid": token,
        "edge": "0123456789abcdef0123456789ABCDEF",
        "errors": [{"code": 53000, "message": f"token {token} was refused for +15550100123"}],
        "params": {"To": "+15550100123"},
    }
    reading = read(f"Authorization: Bearer {token}\n{json.dumps(report)}")
    assert "access token" in reading.removed
    for secret in (
        token,
        "hunter2",
        "+15550100123",
        "0123456789abcdef0123456789ABCDEF",
        "0123456789abcdef0123456789abcdef",
    ):
        assert secret not in repr(reading.reports)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "picture"),
        (b"%PDF-1.7 31009", "PDF"),
        (b"PK\x03\x04\x14\x00", "ZIP"),
        (b"\xd4\xc3\xb2\xa1\x02\x00", "tcpdump"),
    ],
)
def test_a_file_that_is_no_text(source: bytes, word: str) -> None:
    """It is named, with what to send instead, and nothing in it is taken for a code."""
    reading = read(source)
    assert reading.kind == "foreign"
    assert word in reading.says
    assert not reading.codes


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"GIF89a", "picture"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "picture"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (b"\0\0\0\x18ftypqt  ", "video"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "audio file"),
        (b"%PDF-1.7", "PDF"),
        (rb"{\rtf1\ansi 31009}", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
        (b"PK\x03\x04\x14\0\x06\0" + b"\0" * 22 + b"[Content_Types].xml", "Office"),
        (b"PK\x03\x04\x14\0\x06\0" + b"\0" * 22 + b"console.log", "ZIP"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"7z\xbc\xaf\x27\x1c", "compressed"),
        (b"\x4d\x3c\xb2\xa1\x02\0\x04\0", "packet capture"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0", "packet capture"),
        (b"ElfFile\0", "Windows event log"),
        ("\ufffdPNG\r\n\ufffd", "picture"),
        ("PK\x03\x04\x14 and so on", "ZIP"),
    ],
)
def test_files_that_are_no_text(content: str | bytes, what: str) -> None:
    """It says what the file is, what to send instead, and how to get that on each platform."""
    reading = read(content)
    assert reading.kind == "foreign"
    assert what in reading.says
    for platform in ("browser", "Android", "iOS", "React Native"):
        assert platform in reading.says


def test_logs_of_powershell_are_text() -> None:
    """UTF-16 with and without a mark."""
    log = "ConnectionError (53405): Media connection failed\n" * 3
    for data in (log.encode("utf-16"), log.encode("utf-16-le"), log.encode("utf-16-be")):
        assert read(data).kind == "log", data[:4]


def test_a_number_in_brackets_is_no_json() -> None:
    """What iperf writes is not called JSON."""
    assert read("[  5]   0.00-10.00  sec  1.10 MBytes   923 Kbits/sec  0.500 ms").kind == "nothing"


def test_bytes_without_a_meaning_are_a_binary_file() -> None:
    """A file of any bytes is named, and none of its bytes are in the answer. Text in another encoding is text."""
    source = bytes(range(256)) * 8 + b'{"\xff\xfe": {"a": 1}}'
    reading = read(source)
    assert reading.kind == "foreign"
    assert reading.says.startswith("This is a binary file.")
    assert reading.says.isascii()
    assert read("Fehler 31005: Verbindung weg, große Störung".encode("latin-1")).kind != "foreign"
    assert read("31005: no audio".encode("utf-16")).kind != "foreign"


def test_a_known_platform_gets_its_own_way_to_capture_a_log() -> None:
    """What would help names the way of the platform that the text names, and all ways without one."""
    both = read("I have nothing more", VOCABULARY).says
    assert "adb logcat" in both
    assert "Xcode" in both
    one = read("I have nothing more from the Android app", VOCABULARY).says
    assert "adb logcat" in one
    assert "Xcode" not in one
