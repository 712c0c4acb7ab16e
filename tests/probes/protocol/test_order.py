"""Valid signed plans, refusals, reports, secrets, and invitations are read; others are refused with the reason."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from probes.protocol.invitation import Invitation, check_hub, read_invitation, write_invitation
from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity, KeyFileError, load_identity, make_identity
from probes.protocol.messages import Challenge, Hello
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import LONGEST_ORDER, PlanRefused, SignedPlan, make_order, open_order, sign_order
from probes.protocol.report import open_refusal, open_report, sign_refusal, sign_report
from probes.protocol.sealing import seal, unseal
from probes.protocol.signing import canonical, is_proved, prove, sign
from probes.relay.admission import ReplayMemory

BOT, RELAY, OTHER = Identity.new(), Identity.new(), Identity.new()
NOW = 1_800_000_000.0
STEP = Step(
    "turn a", "turn", Target("turn", "turn.example", 443, "tls"), 4.0, secrets={"credential": "s3cr3t"}
)
PLAN = Plan((STEP,), 5.0)


def order(**changes: Any) -> SignedPlan:
    return replace(make_order(PLAN, RELAY.id, "U1", NOW), **changes)


def opened(text: str, now: float = NOW, seen: Callable[[SignedPlan], bool] = lambda _: False) -> SignedPlan:
    return open_order(text, RELAY, {BOT.id: BOT.key}, now, seen)


def refused(text: str, now: float = NOW, seen: Callable[[SignedPlan], bool] = lambda _: False) -> PlanRefused:
    with pytest.raises(PlanRefused) as caught:
        opened(text, now, seen)
    return caught.value


def test_order_comes_back_with_its_secrets() -> None:
    """The relay that a plan is for reads all of it; no one else can read the secrets."""
    text = sign_order(order(), BOT, RELAY.sealing)
    assert "s3cr3t" not in text
    assert opened(text).plan == PLAN


@pytest.mark.parametrize(
    ("changes", "signer", "now", "reason"),
    [
        ({}, OTHER, NOW, "unknown_signer"),
        ({"aud": OTHER.id}, BOT, NOW, "not_for_me"),
        ({}, BOT, NOW + 61, "expired"),
        ({"exp": NOW + 61}, BOT, NOW, "malformed"),
        ({"iat": NOW + 30, "exp": NOW + 60}, BOT, NOW, "not_yet_valid"),
        ({"exp": NOW - 1}, BOT, NOW, "malformed"),
        ({"nonce": "short"}, BOT, NOW, "malformed"),
        ({"requester": "U" * 201}, BOT, NOW, "malformed"),
    ],
)
def test_wrong_orders_are_refused(changes: dict[str, Any], signer: Identity, now: float, reason: str) -> None:
    """A wrong signer, relay, or time: each has its own reason."""
    assert refused(sign_order(order(**changes), signer, RELAY.sealing), now).reason == reason


def test_no_bit_of_an_order_can_be_changed() -> None:
    """A hub that forwards a signed plan cannot change its target, its requester, or its lifetime."""
    text = sign_order(order(), BOT, RELAY.sealing)
    envelope = json.loads(text)
    for old, new in (
        ("turn.example", "evil.example"),
        ('"requester":"U1"', '"requester":"U2"'),
        ("turn a", "turn b"),
    ):
        assert old in envelope["body"]
        forged = canonical({**envelope, "body": envelope["body"].replace(old, new)})
        assert refused(forged).reason == "bad_signature"
    other_kind = sign("report", json.loads(envelope["body"]), BOT)
    assert refused(other_kind).reason == "bad_signature"


def test_order_has_one_spelling() -> None:
    """A body with the same content in another spelling is refused."""
    envelope = json.loads(sign_order(order(), BOT, RELAY.sealing))
    spaced = json.dumps(json.loads(envelope["body"]))
    assert refused(canonical({**envelope, "body": spaced})).reason == "malformed"


@given(st.data())
def test_truncated_and_broken_orders_are_refused(data: st.DataObject) -> None:
    """A signed plan that is cut anywhere or has any character changed never runs and never crashes the reader."""
    text = sign_order(order(), BOT, RELAY.sealing)
    at = data.draw(st.integers(0, len(text) - 1))
    assert refused(text[:at]).reason == "malformed"
    other = data.draw(st.characters())
    if other != text[at]:
        refused(text[:at] + other + text[at + 1 :])


def test_order_that_is_too_long_is_not_even_read() -> None:
    """The size is checked before the text is parsed."""
    assert refused("[" * (LONGEST_ORDER + 1)).reason == "too_large"


def test_secrets_open_for_their_relay_and_order_only() -> None:
    """Secrets encrypted for one relay and plan cannot be decrypted with another key or for another plan."""
    sealed = seal({"turn a": {"credential": "x"}}, RELAY.sealing, b"this")
    assert unseal(sealed, RELAY, b"this") == {"turn a": {"credential": "x"}}
    for key, bound, text in (
        (OTHER, b"this", sealed),
        (RELAY, b"that", sealed),
        (RELAY, b"this", sealed[:-4]),
    ):
        with pytest.raises(WireError):
            unseal(text, key, bound)
    for_other = sign_order(order(), BOT, OTHER.sealing)
    assert refused(for_other).reason == "bad_secrets"


def test_no_order_is_accepted_twice_whatever_the_hub_says_of_the_time() -> None:
    """No old plan runs again, even if the hub turns its clock back or the relay restarts."""
    memory = ReplayMemory()
    first, later = order(), order(iat=NOW + 600, exp=NOW + 660)
    memory.add(first)
    assert memory.has(first)
    assert not memory.has(later)
    memory.add(later)
    assert memory.has(first)
    assert memory.has(order(iat=NOW + 470))
    assert ReplayMemory(newest=memory.newest, floor=memory.newest).has(later)
    assert refused(sign_order(first, BOT, RELAY.sealing), seen=memory.has).reason == "replayed"


def test_refusals_and_reports_are_the_relay_s_own() -> None:
    """Only the relay's key can sign them, and one is not accepted as the other."""
    refusal = sign_refusal(PlanRefused("expired", "too late", "plan-1"), RELAY)
    report = sign_report("plan-1", "finished", [{"a": 1}], RELAY)
    assert open_refusal(refusal, RELAY.key).reason == "expired"
    assert open_report(report, RELAY.key).n == 1
    for read, text, key in (
        (open_refusal, report, RELAY),
        (open_report, refusal, RELAY),
        (open_report, report, BOT),
    ):
        with pytest.raises(WireError):
            read(text, key.key)


def test_proof_is_for_one_conversation() -> None:
    """A proof is not valid for another nonce, hub, token, or key."""
    hello = Hello("hub.example", RELAY.key, RELAY.sealing, "1", ("dns",))
    challenge = Challenge("nonce", NOW)
    proof = prove(hello, challenge, "token", RELAY)
    assert is_proved(proof, hello, challenge, "token")
    assert not is_proved(proof, hello, Challenge("other", NOW), "token")
    assert not is_proved(proof, structs.replace(hello, hub="evil.example"), challenge, "token")
    assert not is_proved(proof, structs.replace(hello, sealing=OTHER.sealing), challenge, "token")
    assert not is_proved(proof, structs.replace(hello, key=OTHER.key), challenge, "token")
    assert not is_proved(proof, hello, challenge, "other")
    assert not is_proved("junk!", hello, challenge, "token")


def test_invitation_is_one_word() -> None:
    """An invitation is read back unchanged, and refused when it was cut."""
    invitation = Invitation("wss://hub.example/relay", "secret", BOT.key, "a" * 64)
    word = write_invitation(invitation)
    assert read_invitation(f" {word}\n") == invitation
    assert " " not in word
    for wrong in (word[:-3], "other." + word, write_invitation(replace(invitation, signer="x")), ""):
        with pytest.raises(WireError):
            read_invitation(wrong)
    for url in ("ws://hub.example/", "https://hub.example/", "wss://u:p@hub.example/", "wss://"):
        with pytest.raises(WireError):
            check_hub(url)


def test_key_file_is_written_once_and_read_back(tmp_path: Path) -> None:
    """The same key is read back; a second key never overwrites it; an invalid key is refused."""
    made = make_identity(tmp_path / "key")
    assert load_identity(tmp_path / "key").id == made.id
    assert load_identity(tmp_path / "key").sealing == made.sealing
    with pytest.raises(FileExistsError):
        make_identity(tmp_path / "key")
    (tmp_path / "key").write_text("junk")
    with pytest.raises(KeyFileError):
        load_identity(tmp_path / "key")
    with pytest.raises(KeyFileError):
        load_identity(tmp_path / "none")
