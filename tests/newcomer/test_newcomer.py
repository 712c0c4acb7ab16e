"""CONTRIBUTING.md is enough to add one more of each kind, and what is left out is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.newcomer.additions import CAUSE_FILE, KINDS
from tests.newcomer.tree_copy import TreeCopy, is_listed, listed_files

Check = Callable[[TreeCopy], str]

BLOCKS = "tests/bot/rendering/blocks/test_blocks.py"
CODES = "tests/bot/diagnosis/test_codes.py"
FRESH = "tests/knowledge/authoring/test_authoring.py::test_the_table_of_codes_is_fresh"
ACTS = "tests/bot/rendering/test_failure_text.py"
TABLE = "tests/probes/checks/test_table.py"
FORMATS = "tests/bot/allowlist/test_formats.py"
INBOX = "tests/bot/slack/delivery/test_inbox.py"
READERS = "tests/bot/intake/test_readers.py"


def run_tests(*words: str) -> Check:
    return lambda tree: tree.pytest(*words)


# The checks that a contributor runs for each kind; the whole gate runs all of them for the tree itself.
CHECKS: Final[dict[str, tuple[Check, ...]]] = {
    "a cause": (TreeCopy.check, run_tests(FRESH, BLOCKS, "-k", "fresh or gallery or every_cause")),
    "a question": (TreeCopy.check, run_tests(FRESH, "tests/previews/test_gallery.py")),
    "an error code": (TreeCopy.check, run_tests(FRESH, CODES)),
    "a platform": (TreeCopy.check, run_tests(FRESH, CODES, BLOCKS, "-k", "fresh or codes or gallery")),
    "a probe": (
        run_tests(TABLE, ACTS, "tests/probes/checks/test_banner.py", "tests/bot/diagnosis/test_plan.py"),
    ),
    "a reader of pasted text": (run_tests(READERS, "tests/bot/intake/test_psping.py"),),
    "an allow-list format": (run_tests(FORMATS, "tests/bot/allowlist/test_pf.py"),),
    "a Slack surface": (run_tests(INBOX, "-k", "every or next_process"),),
}

# What is left out, the check that notices, and what it says.
LEFT_OUT: Final = (
    ("a cause", "docs/codes.md", run_tests(FRESH), "docs/codes.md is older than the knowledge: run `make codes`"),
    ("a question", "knowledge/causes/gateway-busy.yaml", TreeCopy.check,
     "knowledge/questions/gateway-load.yaml:1: no cause asks gateway-load"),
    ("an error code", CAUSE_FILE, run_tests(CODES),
     "knowledge/errors/31998.yaml: on android no cause has 31998 in `weight` (knowledge/causes/)"),
    ("a platform", "docs/codes.md", run_tests(FRESH), "docs/codes.md is older than the knowledge: run `make codes`"),
    ("a probe", "bot/rendering/failure_text.py", run_tests(ACTS),
     "bot/rendering/failure_text.py: ACTS needs a phrase for the probe 'banner'"),
    ("a probe", "probes/checks/__init__.py", run_tests(TABLE),
     "probes/checks/__init__.py: BUDGETS needs a line for probes/checks/banner.py"),
    ("a reader of pasted text", "bot/intake/readers/__init__.py", run_tests(READERS),
     "bot/intake/readers/__init__.py: the table needs a line for bot/intake/readers/psping.py"),
    ("an allow-list format", "bot/allowlist/formats.py", run_tests(FORMATS, "-k", "has_a_name"),
     "bot/allowlist/formats.py: FORMS needs a line for pf of bot/allowlist/pf.py"),
    ("a Slack surface", "tests/bot/slack/delivery/test_inbox.py", run_tests(INBOX, "-k", "every"),
     "tests/bot/slack/delivery/test_inbox.py: LEFT needs a row for the way in 'explain'"),
    ("a Slack surface", "bot/slack/listeners/routes.py", run_tests(INBOX, "-k", "every"),
     "bot/slack/listeners/routes.py: LISTENERS needs a line for bot/slack/listeners/explain.py"),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_listed_files_are_enough(tmp_path: Path, kind: str) -> None:
    """One more of the kind passes the checks, and touches the files that CONTRIBUTING.md lists, and no other."""
    tree = TreeCopy.into(tmp_path)
    for write in KINDS[kind].values():
        write(tree)
    listed = listed_files(kind)
    assert listed
    for path in tree.touched:
        assert any(is_listed(path, one) for one in listed), (
            f"CONTRIBUTING.md, “Add {kind}”, does not list {path}"
        )
    for one in listed:
        assert any(is_listed(path, one) for path in tree.touched), (
            f"“Add {kind}” lists {one}, which is not needed"
        )
    for check in CHECKS[kind]:
        assert check(tree) == ""


@pytest.mark.parametrize(
    ("kind", "left_out", "check", "message"),
    LEFT_OUT,
    ids=[f"{kind} without {file}" for kind, file, *_ in LEFT_OUT],
)
def test_what_is_left_out_is_named(
    tmp_path: Path, kind: str, left_out: str, check: Check, message: str
) -> None:
    """Without one of its files a check fails, and says which file or line is missing."""
    tree = TreeCopy.into(tmp_path)
    assert left_out in KINDS[kind]
    for path, write in KINDS[kind].items():
        if path != left_out:
            write(tree)
    assert message in check(tree)


def test_mistakes_in_an_added_platform_are_named(tmp_path: Path) -> None:
    """A platform without a snippet that fixes need, or like one that does not exist, is refused with its line."""
    tree = TreeCopy.into(tmp_path)
    KINDS["a platform"]["knowledge/platforms/flutter.yaml"](tree)
    file = tree.folder / "knowledge" / "platforms" / "flutter.yaml"
    text = file.read_text()
    file.write_text(text.replace("like: android ", "like: androit "))
    assert (
        "knowledge/platforms/flutter.yaml:3: there is no platform 'androit' (did you mean android?)"
        in tree.check()
    )
    file.write_text(text.replace("  turn:\n", "  trun:\n"))
    assert "flutter has no snippet 'turn' (did you mean trun?)" in tree.check()


def test_the_copy_is_what_runs(tmp_path: Path) -> None:
    """The packages of the copy are imported, not those that are installed for the tree."""
    tree = TreeCopy.into(tmp_path)
    ran = tree.run(
        "-c", "import bot, knowledge, probes; print(bot.__file__, knowledge.__file__, probes.__file__)"
    )
    assert all(path.startswith(str(tmp_path)) for path in ran.stdout.split())


def test_what_python_files_add_is_typed_and_imports_one_way(tmp_path: Path) -> None:
    """Formatter, linter, type checker, and import contracts accept the Python files of all kinds together."""
    tree = TreeCopy.into(tmp_path)
    for kind in ("a probe", "a reader of pasted text", "an allow-list format", "a Slack surface"):
        for write in KINDS[kind].values():
            write(tree)
    files = sorted(path for path in tree.touched if path.endswith(".py"))
    assert tree.problems("-m", "ruff", "format", "--check", *files) == ""
    assert tree.problems("-m", "ruff", "check", *files) == ""
    assert tree.problems("-m", "mypy", "--cache-dir", str(tree.type_cache())) == ""
    assert (
        tree.problems("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache")
        == ""
    )
