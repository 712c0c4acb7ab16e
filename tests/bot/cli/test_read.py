"""`lineman read`: text, a file, or the standard input; the keys of its JSON; its exit codes."""

import io
import json
import sys
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.bot.intake.samples import SAMPLES

KEYS = {
    "codes", "platform", "sdk_version", "told", "pieces", "device", "causes", "verdict", "found", "call_sids",
    "language", "says",
}  # fmt: skip
DIG = "; <<>> DiG 9.18.1 <<>> voice.example.com\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1"


def test_text_a_file_and_the_input_give_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words, a report and a tool's output in one paste fill every key, wherever the paste comes from."""
    paste = f"no audio on VPN, error 31009\n{json.dumps(SAMPLES['ios'](), indent=1)}\n{DIG}\n"
    file = tmp_path / "paste.txt"
    file.write_text(paste)
    assert main(["read", str(file), "--json"]) == 0
    from_file = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(paste.encode())))
    assert main(["read", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == from_file
    assert main(["read", paste, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == from_file
    assert set(from_file) == KEYS
    assert [piece["kind"] for piece in from_file["pieces"]] == ["prose", "report", "tool"]
    assert from_file["codes"][0] == "31009"
    assert (from_file["platform"], from_file["told"]) == ("ios", {"vpn": "yes"})
    assert from_file["causes"][0]["id"] == "vpn-in-the-way"
    assert {"signaling-dns", "media-udp"} <= {shown["question"] for shown in from_file["device"]}
    assert from_file["call_sids"]
    assert from_file["language"] == "en"


def test_in_words_each_piece_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json: the pieces with their lines, what the words tell, what was pasted."""
    assert main(["read", f"no audio on VPN\n{DIG}"]) == 0
    out = capsys.readouterr().out
    for part in ("line 1", "lines 2-3", "VPN", "resolver answered NXDOMAIN"):
        assert part in out


def test_exit_codes_tell_whether_something_was_understood(capsys: pytest.CaptureFixture[str]) -> None:
    """3 where nothing was, with what would help; 2 where there is nothing to read."""
    assert main(["read", "hello"]) == 3
    assert "Describe what you see or hear" in capsys.readouterr().out
    assert main(["read", "look at CA0123456789abcdef0123456789abcdef"]) == 3
    assert "is a Call SID" in capsys.readouterr().out
    assert main(["read", "звонки не работают в офисе"]) == 3
    assert "I read English, Spanish" in capsys.readouterr().out
    assert main(["read", '{"weather": "fine", "wind": 3}']) == 3
    assert "weather, wind" in capsys.readouterr().out
    assert main(["read", " "]) == 2


def test_a_file_that_is_no_text_gets_one_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture is named as one, and nothing is said about a problem that was not understood."""
    picture = tmp_path / "screen.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    assert main(["read", str(picture)]) == 3
    out = capsys.readouterr().out
    assert out.startswith("This is a picture")
    assert "understand" not in out
