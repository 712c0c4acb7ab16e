"""The made-up replies are those that people really get."""

from bot.rendering.blocks.decision_path import Mark
from bot.rendering.blocks.message import Message
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.previews.gallery import Gallery

GALLERY = Gallery(load_knowledge(quick=True), load_network())


def texts_of(*files: str) -> list[str]:
    """What each of these replies says, title and blocks."""
    shown = {one.file: one.shown for one in GALLERY.exhibits()}
    messages = [shown[file] for file in files]
    return [f"{one.text} {one.blocks}" for one in messages if isinstance(one, Message)]


def test_progress_shows_answers_only() -> None:
    """Half way through, what has been answered by looks is there, and nothing that only a person can tell."""
    passed, done, total = GALLERY.blocked.partway
    assert 0 < done < total == len(GALLERY.blocked.record.plan.steps)
    assert {one.mark for one in passed} >= {Mark.FAULT, Mark.FINE}
    assert Mark.UNKNOWN not in {one.mark for one in passed}
    for text in texts_of("progress", "progress-cards"):
        assert f"{done} of {total} checks done" in text
        assert "only a person" not in text


def test_device_beside_relay() -> None:
    """A report stands beside the relay that agrees, beside one that does not, and alone; other JSON is named."""
    agrees, differs, alone, tool, foreign, piece = texts_of(
        "device", "device-differs", "device-alone", "device-tool", "device-foreign", "device-piece"
    )
    for text in (agrees, differs, alone):
        assert "A preflight report of the JavaScript SDK." in text
    assert "Blocked: UDP to the media ports" in agrees
    assert "The device and the relay disagree" not in agrees
    assert "The device and the relay disagree" in differs
    assert "/diagnose 31009" in alone
    assert "NXDOMAIN" in tool
    assert "package.json" in foreign
    assert "part of a preflight report" in piece
