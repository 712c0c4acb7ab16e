"""A request that is kept comes back the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.request import Request
from bot.storage.row_codec import from_json, to_json
from probes.protocol.json_codec import dump, load
from probes.protocol.json_fields import WireError

requests = st.builds(
    Request,
    code=st.text(max_size=9),
    platform=st.none() | st.text(max_size=9),
    edge=st.text(max_size=9),
    answers=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    relays=st.lists(st.text(max_size=9), max_size=3).map(tuple),
)


@given(requests)
def test_request_comes_back_the_same(request_: Request) -> None:
    """Every request is read as it was written, through the text of JSON."""
    assert from_json(load(dump(to_json(request_)))) == request_


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "request.version: is 2, and only 1"),
        ({"platform": 1}, "request.platform: must be a text"),
        ({"told": {"vpn": True}}, "request.told[…]: must be a text, not true or false"),
        ({"relays": "local"}, "request.relays: must be a list, not a text"),
        ({"more": 1}, "request.more: is not known"),
    ],
)
def test_wrong_request_is_refused_by_place(change: dict[str, object], said: str) -> None:
    """A field that cannot be read is named."""
    with pytest.raises(WireError) as caught:
        from_json(to_json(Request("31009")) | change)
    assert said in str(caught.value)


def test_request_of_the_release_before_is_read() -> None:
    """A row that 0.1 stored is read, and written the same."""
    stored = '{"version":1,"code":"31009","platform":null,"edge":"roaming","told":{"vpn":"yes"},"relays":["local","a"]}'
    request = Request("31009", None, "roaming", {"vpn": "yes"}, ("local", "a"))
    assert (from_json(load(stored)), dump(to_json(request))) == (request, stored)
