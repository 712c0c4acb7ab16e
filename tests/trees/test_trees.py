"""Every decision tree is taken by Graphviz and by Mermaid, is legible, and starts with the likeliest branch."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest

from bot.cli.main import main
from knowledge.authoring.draw import draw
from knowledge.authoring.overview import overview
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.schema import Knowledge
from knowledge.reasoning.selection import select_causes
from knowledge.reasoning.tree import Tree, compile_tree
from tests.previews.inspector import CHROMIUM, FLAGS
from tests.slack.tools import BUILD, missing

DOT: Final = shutil.which("dot") or ""
MERMAID: Final = BUILD / "trees" / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
WIDE: Final = 2_400  # pixels
POINT: Final = 4 / 3  # pixels in a point, of which Graphviz writes sizes
LINES: Final = 250
NEEDS_MERMAID: Final = pytest.mark.skipif(
    not CHROMIUM or bool(missing("trees")), reason=missing("trees") or "needs the package chromium"
)

LARGEST: Final = (("31009", "javascript"), ("31009", "ios"))

# Lets Mermaid parse every chart, and draw some: gives the width, and the order of the branches from the top.
PAGE: Final = """<!doctype html><meta charset="utf-8"><div id="chart"></div><pre id="out">not finished</pre>
<script src="%s"></script><script>
const CHARTS = %s, WANTED = %s, parsed = [], drawn = [];
mermaid.initialize({startOnLoad: false, flowchart: {useMaxWidth: false}});
(async () => {
  const refuse = error => parsed.push(`error: ${error}`);
  for (const chart of CHARTS) await mermaid.parse(chart).then(() => parsed.push(""), refuse);
  for (const chart of WANTED) {
    document.getElementById("chart").innerHTML = (await mermaid.render("drawn", chart)).svg;
    const clusters = [...document.querySelectorAll("#chart .cluster")];
    const top = one => one.getBoundingClientRect().top;
    drawn.push({
      width: parseFloat(document.querySelector("#chart svg").getAttribute("width")),
      branches: clusters.sort((a, b) => top(a) - top(b)).map(one => Number(one.id.split("branch")[1])),
    });
  }
  document.getElementById("out").textContent = JSON.stringify([parsed, drawn]);
})();
</script>"""


@pytest.fixture(scope="module")
def real() -> Knowledge:
    return load_knowledge(quick=True)


@pytest.fixture(scope="module")
def trees(real: Knowledge) -> dict[tuple[str, str], Tree]:
    """The tree of every code on every platform."""
    network = load_network()
    return {
        (code, platform): compile_tree(select_causes(real, network, code, platform, network.roaming))
        for code in real.errors
        for platform in real.platforms
    }


def distinct(trees: dict[tuple[str, str], Tree], form: str) -> list[str]:
    """Every drawing, each once."""
    same = {(tuple(tree.case.causes), tree.case.platform): tree for tree in trees.values()}
    return sorted({draw(tree, form) for tree in same.values()}, key=len)


@pytest.mark.skipif(not DOT, reason="needs the package graphviz")
def test_graphviz_draws_every_tree(trees: dict[tuple[str, str], Tree]) -> None:
    """Graphviz takes each one without a word, no wider than a wide screen, the likeliest branch at the top."""
    drawings = distinct(trees, "dot")
    assert len(drawings) > 50
    done = subprocess.run(
        [DOT, "-Tsvg"], input="\n".join(drawings), capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    pictures = done.stdout.split("<svg ")[1:]
    assert len(pictures) == len(drawings)
    for picture in pictures:
        width = re.match(r'width="(\d+)pt"', picture)
        assert width
        assert int(width[1]) * POINT <= WIDE
        tops = re.findall(r"<title>cluster_(\d+)</title>\s*<polygon [^>]*points=\"[^,]*,(-?[\d.]+)", picture)
        order = [int(number) for number, top in sorted(tops, key=lambda entry: float(entry[1]))]
        assert order == sorted(order)


@NEEDS_MERMAID
def test_mermaid_takes_every_tree(trees: dict[tuple[str, str], Tree], tmp_path: Path) -> None:
    """Mermaid parses each one, and draws it no wider than a wide screen, the likeliest branch at the top.

    Drawing takes seconds, so only the largest ones of a browser and of a phone are drawn; `make trees` draws all.
    """
    charts = distinct(trees, "mermaid")
    assert len(charts) > 50
    wanted = charts
    if os.environ.get("LINEMAN_TREES") != "full":
        wanted = [draw(trees[code, platform], "mermaid") for code, platform in LARGEST]
    parsed, drawn = look(charts, wanted, tmp_path)
    assert parsed == [""] * len(charts)
    for chart, picture in zip(wanted, drawn, strict=True):
        assert picture["width"] <= WIDE, chart
        assert picture["branches"] == sorted(picture["branches"]), chart
        assert picture["branches"]


@NEEDS_MERMAID
def test_mermaid_refuses_what_is_no_chart(tmp_path: Path) -> None:
    """A chart with an open quote is found out."""
    parsed, _ = look(['flowchart LR\n  a["open] --> b', "flowchart LR\n  a --> b"], [], tmp_path)
    assert "error" in parsed[0]
    assert parsed[1] == ""


def look(charts: list[str], wanted: list[str], folder: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """Let Mermaid parse *charts* and draw the *wanted* ones: an error or "" for each, and each picture's measures."""
    page = folder / "charts.html"
    written = [json.dumps(each).replace("</", "<\\/") for each in (charts, wanted)]
    page.write_text(PAGE % (MERMAID.as_uri(), *written))
    flags = [flag for flag in FLAGS if not flag.startswith("--virtual-time")]
    command = [CHROMIUM, *flags, "--virtual-time-budget=600000", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    parsed, drawn = json.loads(unescape(done.stdout.split('<pre id="out">')[1].split("</pre>")[0]))
    return parsed, drawn


def test_a_list_of_every_platform_is_short(real: Knowledge, trees: dict[tuple[str, str], Tree]) -> None:
    """Without a platform, each cause and each question is named, common branches once, the likeliest first."""
    for code in real.errors:
        mine = [trees[code, platform] for platform in real.platforms]
        text = overview(mine)
        assert len(text.splitlines()) <= LINES
        assert all(f"- {id_}: " in text for tree in mine for id_ in tree.case.causes)
        assert all(
            f"[{id_}] " in text for tree in mine for branch in tree.branches for id_ in branch.questions
        )
        named = re.findall(r"^   - ([\w-]+): ", text, re.MULTILINE)
        if named:
            weights = [real.causes[id_].weight[code] for id_ in named]
            assert weights[0] == max(weights)


def test_each_platform_has_a_chart_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a platform, Mermaid charts are blocks of one page, and each block is one chart."""
    assert main(["knowledge", "tree", "31005", "--format", "mermaid"]) == 0
    page = capsys.readouterr().out
    blocks = re.findall(r"```mermaid\n(.*?)\n```", page, re.DOTALL)
    assert len(blocks) == page.count("## 31005 on ") == 4
    assert all(block.count("flowchart LR") == 1 for block in blocks)
