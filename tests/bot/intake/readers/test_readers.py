"""The table of readers: each tool's lines are its own, and what it cannot read gives nothing."""

import pytest

from bot.intake.readers import TOOLS, observe_tool

LINES = {
    "dig": [
        "; <<>> DiG 9.18 <<>> a.example",
        ";; QUESTION SECTION:",
        "a.example. 60 IN A 192.0.2.1",
        "$ dig a.example",
    ],
    "nslookup": ["** server can't find a.example: NXDOMAIN", "Name:\ta.example", "> nslookup a.example.com"],
    "curl": [
        "* Connected to a.example (192.0.2.1) port 443",
        "curl: (7) Failed to connect",
        "< HTTP/1.1 101 x",
    ],
    "openssl": [
        "CONNECTED(00000003)",
        "Verify return code: 0 (ok)",
        "openssl s_client -connect a.example:443",
    ],
}


@pytest.mark.parametrize(("tool", "line"), [(tool, line) for tool, lines in LINES.items() for line in lines])
def test_a_tool_knows_its_lines(tool: str, line: str) -> None:
    """The first whose line it is, is the tool that wrote it."""
    assert next(reader.tool for reader in TOOLS if reader.lines.search(line)) == tool


def test_a_sentence_is_no_output() -> None:
    """Words that name a tool are not its output."""
    assert not any(item.lines.search("curl works, and dig too, with no audio") for item in TOOLS)


def test_one_observation_for_each_host() -> None:
    """A host that is asked twice has one observation, the first."""
    (nslookup,) = (reader for reader in TOOLS if reader.tool == "nslookup")
    text = "server can't find a.example.com: NXDOMAIN\nserver can't find a.example.com: REFUSED"
    (observation,) = observe_tool(nslookup, text).values()
    assert observation.facts["bad"] == "the resolver answered NXDOMAIN"
    assert observe_tool(nslookup, "nothing") == {}
