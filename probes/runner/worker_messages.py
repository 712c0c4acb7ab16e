"""What a relay tells the worker of one plan, and hears of it: a line of JSON to it, and one for each thing it saw.

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
    """One plan that was admitted, with the secrets of its steps, and the bounds in which it is to be run."""

    plan: Plan
    policy: Policy  # without the passwords of its proxies: the plan has the one that it needs
    pace: int  # the file of a `PacketBudget`


class _JobLine(Struct, forbid_unknown_fields=True):
    version: str
    plan: Json
    policy: Json
    pace: Count


class _ObservationLine(Struct, forbid_unknown_fields=True):
    seen: Json


class _LogLine(Struct, forbid_unknown_fields=True):
    said: str


def write_job(job: WorkerJob) -> bytes:
    """Write *job* as a line, for a pipe and nothing else."""
    return _line(
        {
            "version": __version__,
            "plan": plan_to_json(job.plan, secrets=True),
            "policy": policy_to_json(job.policy),
            "pace": job.pace,
        }
    )


def read_job(line: bytes) -> WorkerJob:
    """Read what `write_job` of the same version wrote; WireError."""
    value = read_json(load(line), Json, "job")
    if (version := str(value.get("version"))) != __version__:
        raise WireError(f"the relay is still {version[:20]}, and {__version__} is installed: restart it")
    job = read_json(value, _JobLine, "job")
    return WorkerJob(plan_from_json(job.plan), parse_policy(job.policy), job.pace)


def write_seen(observation: Observation) -> bytes:
    """Write what a step saw, as a line; with its secrets, if they are in it."""
    return _line({"seen": observation_to_json(observation)})


def write_said(sentence: str) -> bytes:
    """Write a line for the relay's log."""
    return _line({"said": sentence})


def read_news(line: bytes) -> Observation | str:
    """Read an observation, or a sentence for the log; WireError."""
    value = read_json(load(line), Json, "news")
    if "said" in value:
        return read_json(value, _LogLine, "news").said
    return observation_from_json(read_json(value, _ObservationLine, "news").seen)


def _line(value: Json) -> bytes:
    return dump(value).encode() + b"\n"
