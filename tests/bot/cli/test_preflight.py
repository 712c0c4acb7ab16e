"""`lineman preflight`: files and the standard input, text and JSON, exit codes, sentences for what cannot be read."""

import io
import json
import os
import sys
import threading
from pathlib import Path

import jsonschema
import pytest

from bot.cli.exit_codes import EXIT
from bot.cli.main import main
from tests.bot.intake.samples import SAMPLES
from tests.bot.intake.variations import VARIATIONS
from tests.slack.world import closed_world

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/schemas/preflight.schema.json").read_text("utf-8"))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The four reports as files."""
    for form, make in SAMPLES.items():
        (tmp_path / f"{form}.json").write_text(json.dumps(make()))
    return {form: str(tmp_path / f"{form}.json") for form in SAMPLES}


@pytest.mark.parametrize(
    ("form", "code", "word"),
    [
        ("javascript", 0, "UDP"),
        ("android", 0, "Round trip"),
        ("ios", 1, "passed"),
        ("react-native", 0, "Round trip"),
    ],
)
def test_a_report_is_told_in_words(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], form: str, code: int, word: str
) -> None:
    """What it is, what the device saw, what that answers and what to do next, with the exit code of the outcome."""
    assert main(["preflight", files[form], "--details"]) == code
    out = capsys.readouterr().out
    assert "More: --details" not in out
    for part in (
        word,
        "What the device measured",
        "Measured: round trip",
        "What this shows",
        "Next",
        "MOS",
    ):
        assert part in out


@pytest.mark.parametrize("form", SAMPLES)
def test_a_report_fits_on_one_screen(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The verdict comes first, then who must act and what the device measured; the rest is one option away."""
    monkeypatch.setenv("COLUMNS", "80")
    code = main(["preflight", files[form]])
    out = capsys.readouterr().out
    assert out.startswith(
        ("Blocked: ", "Degraded: ") if code == EXIT["found"] else "The test on the user's device"
    )
    assert ("\nCustomer " in out, "\nDo this " in out) == (code == EXIT["found"],) * 2
    assert "\nMeasured " in out
    assert "\nRuled out" not in out
    assert out.rstrip().endswith("More: --details")
    assert len(out.splitlines()) <= 26


@pytest.mark.parametrize("form", SAMPLES)
def test_json_keeps_to_its_schema(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """The JSON is what the schema publishes, and names the form, the way and the answers."""
    main(["preflight", files[form], "--json"])
    reply = json.loads(capsys.readouterr().out)
    jsonschema.validate(reply, SCHEMA)
    (report,) = reply["reports"]
    assert report["form"] == form
    assert report["path"] in ("relay", "direct")
    assert {"signaling-dns", "signaling-tcp", "media-udp"} <= {one["question"] for one in reply["answers"]}


def test_every_variation_keeps_to_the_schema(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Whatever form a report comes in, the JSON stays valid; a few of the variations stand for all."""
    for number, variation in enumerate(VARIATIONS[::9]):
        source = variation.source()
        file = tmp_path / f"{number}.txt"
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        assert main(["preflight", str(file), "--json"]) in (0, 1, 3)
        jsonschema.validate(json.loads(capsys.readouterr().out), SCHEMA)


def test_several_files_are_read_together(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named with what it is, and each report is told."""
    main(["preflight", files["android"], files["ios"], "--json"])
    reply = json.loads(capsys.readouterr().out)
    assert [one["form"] for one in reply["reports"]] == ["android", "ios"]
    assert files["ios"] in reply["says"]


def test_the_standard_input_is_read(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """- takes what is piped in."""
    piped = io.TextIOWrapper(io.BytesIO(json.dumps(SAMPLES["ios"]()).encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    assert main(["preflight", "-"]) == 1
    assert "iOS SDK" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["preflight"], "Name a file"),
        (["preflight", "/nowhere/report.json"], "cannot be read"),
        (["preflight", "FILE", "--code", "31010"], "31009"),
        (["preflight", "FILE", "--platform", "adroid"], "android"),
        (["preflight", "FILE", "--edge", "dublim"], "dublin"),
        (["preflight", "FILE", "--jsn"], "--json"),
        (["preflight", "FOREIGN"], "package.json"),
        (["preflight", "FOREIGN", "FOREIGN"], "package.json"),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    """Exit code 2, and one sentence that says what would be right."""
    foreign = tmp_path / "package.json"
    foreign.write_text('{"name": "app", "version": "1.0.0", "dependencies": {}}')
    named = [{"FILE": files["ios"], "FOREIGN": str(foreign)}.get(word, word) for word in words]
    assert main(named) == 2
    assert says in capsys.readouterr().err


def test_pipe(files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A named pipe is read while a program writes to it; nobody waits for one that does not exist."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main(["preflight", str(pipe)]) == 2
    assert "is a pipe, and no program writes to it." in capsys.readouterr().err
    report = Path(files["ios"]).read_bytes()
    reader, opened = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), threading.Event()

    def write() -> None:
        with pipe.open("wb") as stream:
            opened.set()
            stream.write(report)

    writing = threading.Thread(target=write)
    writing.start()
    assert opened.wait(10)
    assert main(["preflight", str(pipe)]) == 1
    writing.join()
    os.close(reader)
    assert "iOS SDK" in capsys.readouterr().out


def test_a_look_from_here_is_laid_beside_the_report(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--run looks from this host too: both answers stand side by side, and where they disagree neither is used."""
    network = str(closed_world(tmp_path))
    assert main(["preflight", files["javascript"], "--run", "--network", network, "--json"]) in EXIT.values()
    reply = json.loads(capsys.readouterr().out)
    jsonschema.validate(reply, SCHEMA)
    assert reply["relay"] == {"name": "local", "vantage": "unknown"}
    (tcp,) = (one for one in reply["answers"] if one["question"] == "signaling-tcp")
    assert (tcp["relay_answer"], tcp["device_answer"], tcp["differ"]) == ("shut", "partly", True)
    assert "signaling-blocked" not in [one["id"] for one in reply["found"]]
    main(["preflight", files["javascript"], "--run", "--network", network])
    assert (
        "They disagree. They may be on different networks, so neither result is used"
        in capsys.readouterr().out
    )


def test_a_failed_test_is_looked_at_as_its_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The code of the error chooses the case, and a test that failed without a cause is not called clear."""
    file = tmp_path / "failed.json"
    file.write_text(
        '{"status": "failed", "selectedEdge": "dublin", "callQuality": null, "error": {"code": 53000}}'
    )
    assert main(["preflight", str(file), "--json"]) == 3
    reply = json.loads(capsys.readouterr().out)
    assert reply["request"]["code"] == "53000"
    assert reply["request"]["edge"] == "dublin"
    assert main(["preflight", str(file), "--code", "31005", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["request"]["code"] == "31005"


def test_gaps_and_own_scores_that_differ_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A report that calls MOS 4.05 degraded, or whose MOS its own numbers do not give, is told so."""
    report = SAMPLES["javascript"]()
    report["callQuality"] = "degraded"
    report["stats"]["mos"]["average"] = 2.0
    file = tmp_path / "gap.json"
    file.write_text(json.dumps(report))
    main(["preflight", str(file)])
    out = capsys.readouterr().out
    assert "The report gives MOS 2.00" in out
    assert "calls the quality degraded" in out
    assert "has gaps" in out
