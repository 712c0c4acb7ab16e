"""What can be typed in the interactive session.

Pure.
"""

from collections.abc import Iterator, Mapping

from bot.rendering.terminal.console import Line


def render_help(options: Mapping[str, Mapping[str, str]]) -> Iterator[Line]:
    """List everything that a line can be; *options* are the answers that people can give, with their words."""
    for what, effect in (
        (
            "/diagnose CODE [platform] [edge=E] [name=answer]",
            "tests from this host, then says what is wrong and what to do. For example: /diagnose 31009 ios",
        ),
        ("what happens, in your words", "without a code, for example: connected but silence"),
        (
            "yes, no, or another answer",
            f"answers the open question. By name, at any time: {_listed(options)}",
        ),
        (
            "a platform, an edge, a relay, or again",
            "changes the last case and runs it again if needed. For example: android, edge frankfurt, again",
        ),
        (
            "preflight FILE",
            (
                "compares the report of the SDK's own test, a log, or a tool's output with the last case. Or paste "
                "it as it is: pasted lines are one message"
            ),
        ),
        ("details, rules, preflight, or all", "prints the rest of the last answer"),
        ("skip, or don't know", "leaves the open question open"),
        ("a question", "is answered from the documentation, for example: why would TURN help?"),
        ("allowlist PLATFORM", "lists what a firewall must allow. For example: allowlist ios edge=frankfurt"),
        ("relays", "lists the relays that can run tests"),
        ("help", "shows this"),
        ("quit", "ends the session; so does Ctrl-D"),
    ):
        yield Line(what, "bold")
        yield Line(effect, indent=2)


def _listed(options: Mapping[str, Mapping[str, str]]) -> str:
    """Write each option with its answers: `vpn=yes|no`; one without words takes a version."""
    return ", ".join(
        f"{name}={'|'.join(dict.fromkeys(words.values())) or 'VERSION'}" for name, words in options.items()
    )
