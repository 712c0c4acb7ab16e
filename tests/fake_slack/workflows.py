"""Workflow Builder: a workflow runs a step of the app, and waits until the app completes it, once."""

from typing import TYPE_CHECKING, Any

from tests.fake_slack.api import SlackError, method
from tests.fake_slack.state import APP, MANIFEST, Execution, Team, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack


async def run_step(
    slack: "FakeSlack", inputs: dict[str, Any], step: str = "diagnose", team: Team | None = None
) -> Execution:
    """Run the step *step* of the manifest with *inputs*, as a workflow does: the event names no person."""
    team = team or slack.team
    declared = MANIFEST["functions"][step]
    parameters = declared["input_parameters"]
    assert inputs.keys() <= parameters.keys()
    assert all(name in inputs for name, one in parameters.items() if one["is_required"])
    execution = Execution(new_id("Fx"), step)
    team.executions[execution.id] = execution
    event = {
        "type": "function_executed",
        "function": {
            "id": new_id("Fn"),
            "callback_id": step,
            "title": declared["title"],
            "description": declared["description"],
            "type": "app",
            "input_parameters": list(parameters.values()),
            "output_parameters": list(declared["output_parameters"].values()),
            "app_id": APP,
        },
        "inputs": inputs,
        "function_execution_id": execution.id,
        "workflow_execution_id": new_id("Wx"),
        "event_ts": slack.clock.stamp(),
        "bot_access_token": "xwfp-fake-good-for-15-minutes",
    }
    await slack._event(team, event)
    return execution


@method("functions.completeSuccess")
def succeed(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    execution = _running(team, args)
    outputs, declared = args.get("outputs"), MANIFEST["functions"][execution.step]["output_parameters"]
    wanted = {name for name, one in declared.items() if one["is_required"]}
    fits = isinstance(outputs, dict) and wanted <= outputs.keys() <= declared.keys()
    if not fits or not all(isinstance(value, str) for value in outputs.values()):
        slack.records.violate(f"functions.completeSuccess: outputs {outputs!r}")
        raise SlackError("parameter_validation_failed")
    execution.state, execution.outputs = "completed", outputs
    return {}


@method("functions.completeError")
def give_up(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    execution = _running(team, args)
    if not args.get("error"):
        raise SlackError("invalid_arguments")
    execution.state, execution.error = "failed", str(args["error"])
    return {}


def _running(team: Team, args: dict[str, Any]) -> Execution:
    execution = team.executions.get(str(args.get("function_execution_id", "")))
    if execution is None:
        raise SlackError("function_execution_not_found")
    if execution.state != "running":
        raise SlackError("execution_not_in_running_state")
    return execution
