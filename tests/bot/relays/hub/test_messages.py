"""The lines of the control socket, as the release before wrote them, are read and written the same."""

import pytest

from bot.relays.hub.messages import (
    HubJob,
    PlanLost,
    RelayQuestion,
    RelaysQuestion,
    RelayStatus,
    job_line,
    read_line,
    read_reply,
    read_status,
    reply_line,
    status_json,
)
from probes.protocol.json_codec import dump, load
from probes.protocol.json_fields import WireError

JOB = '{"op":"run","plan":"p","relay":"r","envelope":"e","budget":5.0,"after":-1,"who":"U","what":"c"}'
LOST = '{"type":"lost","plan":"p","because":"b"}'
STATUS = (
    '{"name":"n","key":"k","sealing":"s","vantage":"user-network","connected":true,"ready":false,"seen":1.5,"gone":"",'
    '"version":"","round_trip_ms":null,"offset_s":null,"running":0,"checks":{"a":""},"probes":["dns"],"labels":[],'
    '"channels":[]}'
)


def test_lines_of_the_release_before_are_read_and_written() -> None:
    """Hub and bot of two releases understand each other while one of them has not been restarted."""
    job = HubJob("p", "r", "e", "U", "c", 5.0)
    assert (read_line(JOB), job_line(job)) == (job, JOB)
    assert (read_reply(LOST), reply_line(PlanLost("p", "b"))) == (PlanLost("p", "b"), LOST)
    status = RelayStatus("n", "k", "s", "user-network", True, False, 1.5, checks={"a": ""}, probes=("dns",))
    assert (read_status(load(STATUS)), dump(status_json(status))) == (status, STATUS)
    assert read_line('{"op":"relays"}') == RelaysQuestion()
    assert read_line('{"op":"relay","name":"acme-hq"}') == RelayQuestion("acme-hq")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"op":"stop"}', "control.op: “stop” is not known here"),
        ("{}", "control.op: is missing"),
        ('{"op":"relay"}', "control.name: is missing"),
        ('{"op":"relay","name":"a","more":1}', "control.more: is not known"),
        (JOB.replace("5.0", "0"), "control.budget: must be more than 0"),
        (JOB.replace("-1", '"x"'), "control.after: must be a number, not a text"),
        ("[]", "control: must be an object, not a list"),
    ],
)
def test_other_lines_are_refused_by_place(line: str, said: str) -> None:
    """What is no job and no question is named by the field that is wrong."""
    with pytest.raises(WireError) as caught:
        read_line(line)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"lost"}', LOST.replace('"b"', "1"), LOST.replace("}", ',"more":1}'),
        '{"v":1,"type":"pong","n":1,"time":1}',
    ],
)  # fmt: skip
def test_other_replies_are_refused(line: str) -> None:
    """Nothing but an observation, an end, a refusal and a lost plan is a reply."""
    with pytest.raises(WireError):
        read_reply(line)
