"""Writes payloads as TypeScript constants, each of the type that Slack gives its method, and has tsc judge them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.slack.tools import BUILD, NODE

TYPES: Final = {
    "chat.postMessage": "ChatPostMessageArguments",
    "chat.postEphemeral": "ChatPostEphemeralArguments",
    "chat.update": "ChatUpdateArguments",
    "chat.startStream": "ChatStartStreamArguments",
    "chat.appendStream": "ChatAppendStreamArguments",
    "chat.stopStream": "ChatStopStreamArguments",
    "views.open": "ViewsOpenArguments",
    "views.push": "ViewsPushArguments",
    "views.update": "ViewsUpdateArguments",
    "views.publish": "ViewsPublishArguments",
    "chat.unfurl": "ChatUnfurlArguments",
    "agents.sessions.setStatus": "AgentsSessionsSetStatusArguments",
    "assistant.threads.setStatus": "AssistantThreadsSetStatusArguments",
    "assistant.threads.setSuggestedPrompts": "AssistantThreadsSetSuggestedPromptsArguments",
    "functions.completeSuccess": "FunctionsCompleteSuccessArguments",
    "functions.completeError": "FunctionsCompleteErrorArguments",
    "apps.manifest.create": "AppsManifestCreateArguments",
}
# What Slack documents and its types do not know yet (slack.dev manifest reference, samples).
LAGGING: Final = frozenset(
    {"assistant:write", "agent_session_stopped", "agent_session_title_changed", "function_executed"}
)
HEAD: Final = "// Written by tests/slack_types/outgoing.py.\nimport type * as api from '@slack/web-api';\n"


def judge(payloads: Iterable[tuple[str, Mapping[str, Any]]], name: str) -> list[str]:
    """Everything tsc says about *payloads*, each with its method; *name* is the folder they are written to."""
    folder = BUILD / "slack_types"
    room = folder / name
    room.mkdir(exist_ok=True)
    shutil.copy(Path(__file__).with_name("tsconfig.json"), room)
    (room / "package.json").write_text('{"type": "module"}\n')
    (room / "outgoing.ts").write_text(HEAD + "".join(_constant(*one) for one in enumerate(payloads)))
    ran = subprocess.run(
        [
            str(NODE),
            str(folder / "node_modules" / "typescript" / "bin" / "tsc"),
            "--pretty",
            "false",
            "-p",
            str(room),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in ran.stdout.splitlines() if line.strip()]
    return told or ([f"tsc ended with {ran.returncode}: {ran.stderr}"] if ran.returncode else [])


def without(value: Any, words: frozenset[str] = LAGGING) -> Any:
    """*value* without the strings that Slack's types do not know yet."""
    if isinstance(value, dict):
        return {key: without(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [without(one, words) for one in value if not (isinstance(one, str) and one in words)]
    return value


def version_2(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write the parameters of steps as version 2 of the manifest does: Slack's types know no other."""
    kinds = ("input_parameters", "output_parameters")
    steps = {
        name: {**step, **{kind: _parameters(step[kind]) for kind in kinds}}
        for name, step in manifest["functions"].items()
    }
    return {**manifest, "_metadata": {"major_version": 2}, "functions": steps}


def _parameters(listed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    left = ("is_required", "name")
    properties = {
        name: {key: text for key, text in one.items() if key not in left} for name, one in listed.items()
    }
    return {
        "properties": properties,
        "required": [name for name, one in listed.items() if one["is_required"]],
    }


def _constant(number: int, payload: tuple[str, Mapping[str, Any]]) -> str:
    method, args = payload
    word = re.sub(r"\W", "_", method)
    return f"export const {word}_{number}: api.{TYPES[method]} = {json.dumps(args)};\n"
