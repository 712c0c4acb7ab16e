"""Chains judged against public, network and local authorities."""

from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from probes.net.certificate_verdict import Trust, covers
from probes.protocol.failures import Failure
from tests.certificates import NOW, Identity, make_authority, make_server

HOST = "voice.roaming.example"
ROOT = make_authority("Lineman Test Root")
MIDDLE = make_authority("Lineman Test Intermediate", ROOT)


def judge(
    identity: Identity, *roots: Identity, host: str = HOST, days: float = 0
) -> tuple[Failure | None, str]:
    trust = Trust(tuple(root.pem for root in roots))
    judgement = trust.judge(identity.chain, host, NOW + timedelta(days=days))
    return judgement.failure, judgement.authority


def test_a_chain_to_a_root_of_the_network_is_genuine() -> None:
    """A server under an intermediate under a root of the network's own is genuine."""
    assert judge(make_server(MIDDLE, HOST), ROOT) == (None, "network")


def test_a_chain_to_nowhere_is_unknown() -> None:
    """Without its root, neither a chain nor a self-signed certificate is trusted."""
    assert judge(make_server(MIDDLE, HOST)) == (Failure.SSL_UNKNOWN_AUTHORITY, "unknown")
    assert judge(make_server(None, HOST), ROOT) == (Failure.SSL_UNKNOWN_AUTHORITY, "unknown")


def test_a_missing_intermediate_breaks_the_chain() -> None:
    """A root does not vouch for what it did not sign itself."""
    identity = make_server(MIDDLE, HOST)
    assert judge(Identity(identity.certificate, identity.key), ROOT)[0] is Failure.SSL_UNKNOWN_AUTHORITY


def test_an_old_root_without_extensions_is_trusted() -> None:
    """Private authorities need not follow the public web's rules."""
    root = make_authority("Old Root", basic=False)
    assert judge(make_server(root, HOST), root) == (None, "network")


def test_a_trusted_certificate_may_stand_for_itself() -> None:
    """A self-signed certificate that is itself trusted is genuine."""
    alone = make_server(None, HOST)
    assert judge(alone, alone) == (None, "network")


def test_a_servers_certificate_cannot_issue() -> None:
    """The owner of a genuine certificate for one name cannot issue one for ours."""
    other = make_server(ROOT, "other.example")
    assert judge(make_server(other, HOST), ROOT)[0] is Failure.SSL_UNKNOWN_AUTHORITY


def test_a_namesake_of_a_root_is_not_the_root() -> None:
    """The signature counts, not the issuer's name."""
    namesake = make_authority("Lineman Test Root")
    assert judge(make_server(namesake, HOST), ROOT)[0] is Failure.SSL_UNKNOWN_AUTHORITY


def test_a_wrong_name_is_told_only_of_a_trusted_chain() -> None:
    """A stranger's certificate with a wrong name is a stranger's first of all."""
    identity = make_server(MIDDLE, "portal.example")
    assert judge(identity, ROOT)[0] is Failure.SSL_INVALID_HOSTNAME
    assert judge(identity)[0] is Failure.SSL_UNKNOWN_AUTHORITY


@pytest.mark.parametrize(
    ("days", "word", "skew_days"),
    [
        (61, Failure.SSL_EXPIRED_CERTIFICATE, -1),
        (-31, Failure.SSL_NOT_YET_VALID_CERTIFICATE, 1),
        (-4000, Failure.SSL_NOT_YET_VALID_CERTIFICATE, 3970),
    ],
)
def test_dates_are_judged_with_how_far_they_are_off(days: int, word: Failure, skew_days: int) -> None:
    """Outside the validity the failure names the side, and the skew the distance, even before the root was made."""
    identity = make_server(MIDDLE, HOST)
    judgement = Trust((ROOT.pem,)).judge(identity.chain, HOST, NOW + timedelta(days=days))
    assert judgement.failure is word
    assert judgement.skew_s is not None
    assert judgement.skew_s / 86400 == pytest.approx(skew_days, rel=1e-3)


def test_an_expired_intermediate_counts() -> None:
    """A chain is as valid as its worst certificate."""
    stale = make_authority("Stale", ROOT, end=-1)
    assert judge(make_server(stale, HOST), ROOT)[0] is Failure.SSL_EXPIRED_CERTIFICATE


def test_a_valid_way_goes_before_an_expired_one() -> None:
    """Of two intermediates with one key, the valid one is taken."""
    fresh = make_authority("Twice", ROOT)
    stale = make_authority("Twice", ROOT, end=-1, key=fresh.key)
    identity = make_server(fresh, HOST)
    both = Identity(identity.certificate, identity.key, (stale.certificate, fresh.certificate))
    assert judge(both, ROOT) == (None, "network")


def test_a_local_authority_is_told_from_a_network_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root that only this host trusts means that TLS is intercepted, even if the name is wrong."""
    store = tmp_path / "store.pem"
    store.write_text(ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    assert judge(make_server(MIDDLE, HOST)) == (Failure.SSL_LOCAL_AUTHORITY, "local")
    assert judge(make_server(MIDDLE, "portal.example"))[0] is Failure.SSL_LOCAL_AUTHORITY
    assert judge(make_server(MIDDLE, HOST), ROOT) == (None, "network")


def test_a_folder_of_local_authorities_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenSSL does, only hashed names in the folder count, and broken ones are passed over."""
    (tmp_path / "0123abcd.0").write_text(ROOT.pem)
    (tmp_path / "89abcdef.0").symlink_to(tmp_path / "gone.pem")
    (tmp_path / "76543210.0").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    other = make_authority("Not hashed")
    (tmp_path / "other.pem").write_text(other.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert judge(make_server(MIDDLE, HOST)) == (Failure.SSL_LOCAL_AUTHORITY, "local")
    assert judge(make_server(other, HOST)) == (Failure.SSL_UNKNOWN_AUTHORITY, "unknown")


def test_a_public_root_is_public() -> None:
    """A certificate that the public list itself holds is of public authority."""
    root = x509.load_pem_x509_certificate(Path(certifi.where()).read_bytes())  # the first of them
    judgement = Trust().judge([root.public_bytes(Encoding.DER)], HOST, NOW)
    assert judgement.authority == "public"


def test_unreadable_certificates_are_of_unknown_authority() -> None:
    """Junk for a certificate, or none at all, is no crash."""
    assert Trust().judge([b"junk"], HOST, NOW).failure is Failure.SSL_UNKNOWN_AUTHORITY
    assert Trust().judge([], HOST, NOW).failure is Failure.SSL_UNKNOWN_AUTHORITY


def test_a_hostile_chain_costs_little() -> None:
    """Many certificates that all could have issued each other are walked through once each."""
    first = make_authority("Maze")
    maze = [make_authority("Maze", first, key=first.key).certificate for _ in range(30)]
    identity = make_server(first, HOST)
    chain = Identity(identity.certificate, identity.key, tuple(maze))
    assert judge(chain)[0] is Failure.SSL_UNKNOWN_AUTHORITY


def test_facts_describe_the_servers_certificate() -> None:
    """Issuer, subject, names and dates are noted as evidence."""
    facts = Trust().judge(make_server(MIDDLE, HOST, "192.0.2.7").chain, HOST, NOW).facts
    assert facts["issuer"] == "CN=Lineman Test Intermediate"
    assert facts["names"] == [HOST, "192.0.2.7"]
    assert str(facts["not_after"]).endswith("+00:00")


@pytest.mark.parametrize(
    ("name", "host", "covered"),
    [
        ("voice.example", "voice.example", True),
        ("VOICE.example", "voice.example.", True),
        ("*.example", "voice.example", True),
        ("*.example", "voice.roaming.example", False),
        ("*.roaming.example", "voice.roaming.example", True),
        ("*.example", "example", False),
        ("*", "example", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("*.0.2.7", "192.0.2.7", False),
        ("*.", "localhost", False),
    ],
)
def test_a_wildcard_stands_for_one_label(name: str, host: str, covered: bool) -> None:
    """`*.twilio.com` is not a name of `voice-js.roaming.twilio.com`."""
    assert covers([name], host) is covered
