"""Values that bot and relay exchange are read back unchanged, or refused with the place of the error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol import json_codec
from probes.protocol.failures import Failure
from probes.protocol.json_fields import WireError
from probes.protocol.model import Observation, Plan, Step, Target
from probes.protocol.scrub import Scrubber

TARGET = Target("turn", "turn.example", 443, "tls", "frankfurt")
STEP = Step("turn a", "turn", TARGET, 4.0, {"path": "/x"}, ("dns a",), {"credential": "s3cr3t-Value"})
PLAN = Plan((Step("dns a", "dns", Target("turn", "turn.example"), 2.0), STEP), 10.0, ("PEM",), "")
SEEN = Observation("turn a", "turn", TARGET, Failure.TURN_FORBIDDEN, {"mapped": "192.0.2.1:7"}, 1.5, 0.25)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
facts = st.dictionaries(st.text(max_size=12), values, max_size=4)
targets = st.builds(Target, st.text(), st.text(), st.integers(0, 65535), st.text(), st.text())
seconds = st.floats(0, 1e12)
observations = st.builds(
    Observation, st.text(), st.text(), targets, st.none() | st.sampled_from(Failure), facts, seconds, seconds
)


@given(observations)
def test_observation_comes_back_the_same(observation: Observation) -> None:
    """Every observation is read back unchanged from its JSON text."""
    text = json_codec.dump(json_codec.observation_to_json(observation))
    assert text.isascii()
    assert "\n" not in text
    assert json_codec.observation_from_json(json_codec.load(text)) == observation


def test_plan_comes_back_the_same_with_its_secrets() -> None:
    """A relay gets the whole plan; the form for databases and logs has no secrets."""
    written = json_codec.dump(json_codec.plan_to_json(PLAN, secrets=True))
    assert json_codec.plan_from_json(json_codec.load(written)) == PLAN
    kept = json_codec.dump(json_codec.plan_to_json(PLAN))
    assert "s3cr3t" not in kept
    assert json_codec.plan_from_json(json_codec.load(kept)).steps[1].secrets == {}


def test_secrets_are_blotted_out_of_observations() -> None:
    """A secret that a server echoes is removed from the observation, in every field and key."""
    facts = {"said": "no s3cr3t-Value here", "list": [{"s3cr3t-Value": 1}], "port": 443, "none": None}
    seen = Observation("turn a", "turn", TARGET, None, facts)
    text = json_codec.dump(json_codec.observation_to_json(seen, Scrubber(["", *STEP.secrets.values()])))
    assert "s3cr3t" not in text
    assert json.loads(text)["facts"] == {
        "said": "no [secret] here",
        "list": [{"[secret]": 1}],
        "port": 443,
        "none": None,
    }


def _changed(value: dict[str, Any], path: str, new: object) -> dict[str, Any]:
    copy = json.loads(json.dumps(value))
    *way, last = path.split(".")
    place = copy
    for name in way:
        place = place[int(name) if name.isdecimal() else name]
    if new is ...:
        del place[last]
    else:
        place[last] = new
    return copy


@pytest.mark.parametrize(
    ("path", "new", "said"),
    [
        ("version", 2, "observation.version: is 2, and only 1 is understood here"),
        ("version", True, "observation.version"),
        ("step", ..., "observation.step: is missing"),
        ("step", 7, "observation.step: must be a text, not a number"),
        ("colour", "red", "observation.colour: is not known"),
        ("failure", "broken", "observation.failure: “broken” is not a failure word"),
        ("failure", False, "observation.failure: must be a text, not true or false"),
        ("facts", [], "observation.facts: must be an object, not a list"),
        ("facts", {"a": float("inf")}, "observation.facts: holds what is not JSON"),
        ("started", -1, "observation.started: must be a finite number"),
        ("runtime", "1", "observation.runtime: must be a number, not a text"),
        ("runtime", float("nan"), "observation.runtime: must be a finite number"),
        ("target", None, "observation.target: must be an object, not null"),
        ("target.port", 65536, "observation.target.port: must be a port"),
        ("target.port", 1.5, "observation.target.port: must be a whole number"),
        ("target.port", True, "observation.target.port: must be a number, not true or false"),
        ("target.color", "", "observation.target.color: is not known"),
    ],
)
def test_wrong_observation_is_refused_by_place(path: str, new: object, said: str) -> None:
    """A field that is missing, unknown, or ill-typed is named, and nothing is guessed."""
    with pytest.raises(WireError) as caught:
        json_codec.observation_from_json(_changed(json_codec.observation_to_json(SEEN), path, new))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("path", "new", "said"),
    [
        ("steps", {}, "plan.steps: must be a list, not an object"),
        ("steps.1.after", ["dns b"], "turn a comes after a step that is not in the plan"),
        ("steps.0.after", ["turn a"], "wait for each other"),
        ("steps.0.id", "turn a", "an id is there twice"),
        ("steps.1.secrets", {"credential": 1}, "plan.steps[1].secrets[…]: must be a text, not a number"),
        ("steps.1.budget", 0, "plan.steps[1].budget: must be more than 0"),
        ("budget", 0, "plan.budget: must be more than 0"),
        ("proxy", ..., "plan.proxy: is missing"),
        ("steps.1.params", {"a": [[[[[[[[[[[[[]]]]]]]]]]]]]}, "plan.steps[1].params: holds what is not JSON"),
        ("steps.1.target.port", -1, "plan.steps[1].target.port"),
        ("roots", "PEM", "plan.roots: must be a list, not a text"),
        ("steps.0", 1, "plan.steps[0]: must be an object, not a number"),
    ],
)
def test_wrong_plan_is_refused_by_place(path: str, new: object, said: str) -> None:
    """A relay never starts a plan that it understands only in part."""
    value = json_codec.plan_to_json(PLAN)
    if path == "steps.0":
        value["steps"][0] = new
    else:
        value = _changed(value, path, new)
    with pytest.raises(WireError) as caught:
        json_codec.plan_from_json(value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"a": 1, "a": 2}', "[" * 100_000, b"\xff\xfe\x00", '{"a": Infinity}']
)
def test_text_that_is_no_json_is_refused(text: str | bytes) -> None:
    """Broken text, NaN, duplicate keys, and too deep nesting raise the same error."""
    with pytest.raises(WireError):
        json_codec.load(text)


def test_deep_facts_are_refused() -> None:
    """Facts nested deeper than any check makes them are refused."""
    value = json_codec.observation_to_json(SEEN)
    value["facts"] = {"a": json_codec.load("[" * 50 + "]" * 50)}
    with pytest.raises(WireError, match="nests too deeply"):
        json_codec.observation_from_json(value)


@given(values)
def test_any_json_is_read_or_refused(value: object) -> None:
    """Any other JSON in place of an observation or a plan raises a WireError."""
    for read in (json_codec.observation_from_json, json_codec.plan_from_json, json_codec.target_from_json):
        with pytest.raises(WireError):
            read(value)


def test_a_failure_word_of_a_newer_relay_is_refused_not_guessed() -> None:
    """The reader drops the observation, as `bot.relays.remote` does, and the step counts as lost."""
    value = json_codec.observation_to_json(SEEN) | {"failure": "word_of_tomorrow"}
    with pytest.raises(
        WireError, match=r"^observation\.failure: “word_of_tomorrow” is not a failure word known here$"
    ):
        json_codec.observation_from_json(value)
