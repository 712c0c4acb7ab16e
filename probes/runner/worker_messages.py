"""The JSON lines between a relay and the worker of one plan: one job to the worker; observations and log lines back.

Pure: no network, no clock.
"""

from dataclasses import dataclass

from msgspec import Struct

from probes.protocol.json_codec import (
    dump,
    load,
    observation_from_json,
    observation_to_json,
    plan_from_json,
    plan_to_json,
)
from probes.protocol.json_fields import Count, Json, WireError, read_json
from probes.protocol.model import Observation, Plan
from probes.protocol.policy import Policy
from probes.protocol.policy_file import parse_policy, policy_to_json
from probes.protocol.version import __version__


@dataclass(frozen=True, slots=True)
class WorkerJob:
    """One admitted plan with the secrets of its steps, and the limits within which it runs."""

    plan: Plan
    policy: Policy  # without proxy passwords: the plan has the one that it needs
    pace: int  # file descriptor of a `PacketBudget`
    hidden: str = ""  # the relay's folder, which the worker hides from itself; "": it cannot


class _JobLine(Struct, forbid_unknown_fields=True):
    version: str
    plan: Json
    policy: Json
    pace: Count
    hidden: str


class _ObservationLine(Struct, forbid_unknown_fields=True):
    seen: Json


class _LogLine(Struct, forbid_unknown_fields=True):
    said: str


def write_job(job: WorkerJob) -> bytes:
    """Write *job* with its secrets as a line, for a pipe only."""
    return _line(
        {
            "version": __version__,
            "plan": plan_to_json(job.plan, secrets=True),
            "policy": policy_to_json(job.policy),
            "pace": job.pace,
            "hidden": job.hidden,
        }
    )


def read_job(line: bytes) -> WorkerJob:
    """Read the output of `write_job` of the same version; raise WireError when it is not valid."""
    value = read_json(load(line), Json, "job")
    if (version := str(value.get("version"))) != __version__:
        raise WireError(f"the relay still runs {version[:20]}, and {__version__} is installed. Restart it")
    job = read_json(value, _JobLine, "job")
    return WorkerJob(plan_from_json(job.plan), parse_policy(job.policy), job.pace, job.hidden)


def write_seen(observation: Observation) -> bytes:
    """Write *observation* as a line; it is not scrubbed and may contain secrets."""
    return _line({"seen": observation_to_json(observation)})


def write_said(sentence: str) -> bytes:
    """Write *sentence* as a line for the relay's log."""
    return _line({"said": sentence})


def read_news(line: bytes) -> Observation | str:
    """Read an observation, or a sentence for the log; raise WireError when the line is neither."""
    value = read_json(load(line), Json, "news")
    if "said" in value:
        return read_json(value, _LogLine, "news").said
    return observation_from_json(read_json(value, _ObservationLine, "news").seen)


def _line(value: Json) -> bytes:
    return dump(value).encode() + b"\n"
