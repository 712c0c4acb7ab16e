"""The source distribution installs and runs outside the checkout; its version and licence come from one place."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from collections.abc import Iterable
from email.message import Message
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

from probes.protocol.version import __version__
from tests.environment import unmeasured

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
# Compiles the knowledge where the modules named behind the folder are not installed.
COMPILE_WITHOUT = """
import runpy, sys
missing = set(sys.argv[2:])
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Finder)
runpy.run_module("knowledge.loading.build_cache", run_name="__main__")
"""
NOT_SOURCE = shutil.ignore_patterns(
    ".*", "*.egg-info", "__pycache__", "build", "compiled", "lineman.db*", "lineman-signing.key"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, made from a copy of the checkout without anything that was built there."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT, folder / "copy", ignore=NOT_SOURCE)
    ran = run(folder / "copy", sys.executable, "-c", BUILD, str(folder))
    return folder / ran.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def lineman(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed from *archive* into a fresh environment that sees the pinned dependencies."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        folder,
        *(sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-q"),
        *("--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed", str(archive)),
    )
    return folder / "bin" / "lineman"


def run(folder: Path, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run *command* in *folder*, which is outside the checkout, as a user without settings of Lineman."""
    environment = {name: value for name, value in unmeasured().items() if not name.startswith("LINEMAN_")}
    environment |= {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONWARNINGS": ""}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran


def metadata(archive: Path) -> Message:
    with tarfile.open(archive) as files:
        member = files.extractfile(f"lineman-{__version__}/PKG-INFO")
        assert member is not None
        return Parser().parsestr(member.read().decode())


def test_source_distribution_holds_what_builds_it(archive: Path) -> None:
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"LICENSE", "SECURITY.md", "packaging/compile.py", "probes/policy.yaml"} <= names
    assert {"knowledge/causes/clock-skew.yaml", "knowledge/schemas/cause.schema.json"} <= names
    assert not [name for name in names if name.startswith(("knowledge/compiled", "tests/", ".venv"))]


def test_page_of_the_check_link_is_installed_as_built(archive: Path, lineman: Path) -> None:
    """The source distribution has the page's sources; what is installed has what is built from them only."""
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {"bot/check_link/page/src/main.ts", "bot/check_link/built/page.js"} <= names
    (folder,) = lineman.parents[1].glob("lib/*/site-packages/bot/check_link")
    assert (folder / "built" / "page.js").is_file()
    assert not (folder / "page").exists()


def test_version_and_license_are_in_the_metadata(archive: Path) -> None:
    found = metadata(archive)
    assert (found["Version"], found["License-Expression"]) == (__version__, "Apache-2.0")
    assert found.get_all("License-File") == ["LICENSE"]


def test_both_packages_read_the_version_from_one_place() -> None:
    for file in ("pyproject.toml", "packaging/relay/pyproject.toml"):
        settings = tomllib.loads((ROOT / file).read_text("utf-8"))
        assert settings["project"]["dynamic"] == ["version"]
        dynamic = settings["tool"]["setuptools"]["dynamic"]
        assert dynamic == {"version": {"attr": "probes.protocol.version.__version__"}}
        assert settings["project"]["license"] == "Apache-2.0"


def test_build_needs_only_what_it_names(archive: Path, tmp_path: Path) -> None:
    """pip builds where nothing but `build-system.requires` is installed; the knowledge is compiled there."""
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    installed = _with_dependencies(named)
    missing = [
        module
        for module, distributions in packages_distributions().items()
        if not installed & set(map(_normalize, distributions))
        and module not in ("bot", "knowledge", "probes")
    ]
    assert {"aiohttp", "cryptography"} <= set(missing)
    folder = tmp_path / f"lineman-{__version__}"
    run(folder, sys.executable, "-c", COMPILE_WITHOUT, str(tmp_path / "compiled"), *missing)
    assert (tmp_path / "compiled" / "knowledge.json").is_file()


def _with_dependencies(requirements: Iterable[str]) -> set[str]:
    """The distributions that *requirements* install, at every depth."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = _normalize(re.split(r"[^\w.-]", requirement)[0])
        if "extra ==" not in requirement and name not in found:
            found.add(name)
            waiting += _requires(name)
    return found


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:  # needed on another platform or Python only
        return []


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_installed_command_runs_outside_the_checkout(lineman: Path, tmp_path: Path) -> None:
    assert run(tmp_path, str(lineman), "version").stdout == f"lineman {__version__}\n"
    tree = run(tmp_path, str(lineman), "knowledge", "tree", "31009", "--platform", "javascript").stdout
    assert tree.startswith("31009 on javascript ")
    where = run(tmp_path, str(lineman.with_name("python")), "-c", "import bot; print(bot.__file__)").stdout
    assert Path(where.strip()).is_relative_to(lineman.parents[1])
    compiled = Path(where.strip()).parents[1] / "knowledge" / "compiled" / "knowledge.json"
    assert compiled.is_file()


def test_installed_relay_command_starts(lineman: Path, tmp_path: Path) -> None:
    relay = str(lineman.with_name("lineman-relay"))
    assert run(tmp_path, relay, "--version").stdout == f"lineman-relay {__version__}\n"
    assert "no relay" in run(tmp_path, relay, "id", "--home", str(tmp_path / "no relay"), code=2).stderr


def test_installed_preview_says_that_it_needs_a_checkout(lineman: Path, tmp_path: Path) -> None:
    refused = run(tmp_path, str(lineman), "preview", str(tmp_path / "pages"), code=2)
    assert "Run this in a checkout of the source." in refused.stderr
    assert not (tmp_path / "pages").exists()
