"""Who may do what on NATS: passwords, certificates, credentials, and the permissions of the example configuration."""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import replace

from bot.cli.doctor_checks import check_hub
from bot.relays.hub.messages import HubJob
from tests.certificates import make_authority, make_server
from tests.hub.hub_fixture import PLAN, house
from tests.hub.nats_server import EXAMPLE, PASSWORD, NatsServer, nats_server
from tests.hub.scripted_relay import dialled
from tests.hub.several_hubs import (
    Client,
    NatsConnection,
    NatsUnavailableError,
    nats_settings,
    shared,
    twins,
)

OPEN = "port: 4222\njetstream { store_dir: /var/lib/nats }\n"


@asynccontextmanager
async def client(server: NatsServer, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """Connect as *user*; the list has what the server does not permit."""
    denied: list[str] = []

    async def note(error: Exception) -> None:
        denied.append(str(error))

    made = Client()
    await made.connect(server.url(), user=user, password=PASSWORD, error_cb=note, allow_reconnect=False)
    try:
        yield made, denied
    finally:
        await made.close()


async def trouble_of(connection: NatsConnection) -> str:
    """Return why the connection fails; "" if it does not."""
    async with connection.used():
        try:
            await connection.ready()
        except NatsUnavailableError as error:
            return str(error)
    return ""


DENIED = {
    "hub-a": ["lineman.hub.hub-b.plan", "lineman.hub.hub-b.keep", "lineman.hub.hub-b.stop", "lineman.hub.any.plan",
              "lineman.reply.bot-a.x", "lineman.reply.hub-b.x", "$KV.lineman.hub.hub-b",
              "$JS.API.STREAM.DELETE.KV_lineman", "$JS.API.STREAM.PURGE.KV_lineman"],
    "bot-a": ["$KV.lineman.relay.acme-hq", "$KV.lineman.hub.hub-a", "lineman.reply.bot-b.x", "lineman.hub.hub-a.who",
              "$JS.API.STREAM.CREATE.KV_lineman"],
}  # fmt: skip
DEAF = {
    "hub-a": ["lineman.hub.hub-b.*", "lineman.reply.bot-a.>", "lineman.>", "lineman.hub.any.plan"],
    "bot-a": ["lineman.reply.bot-b.>", "lineman.hub.hub-a.plan", "lineman.>", ">"],
}


@pytest.mark.parametrize("user", sorted(DENIED))
async def test_permissions(user: str) -> None:
    """A hub can neither speak to another hub nor into an inbox, nor read them. A bot cannot say where a relay is."""
    with nats_server() as server:
        async with client(server, user) as (made, denied):
            for subject in DENIED[user]:
                await made.publish(subject, b"x")
            for subject in DEAF[user]:
                await made.subscribe(subject)
            for _ in range(2):  # the server's errors come before its answer
                await made.flush()
            found = [re.findall(r'"([^"]+)"', text)[0] for text in denied]
    assert found == [
        subject.casefold() for subject in (*DENIED[user], *DEAF[user])
    ]  # as the client writes it


async def test_answers_are_permitted(tmp_path: Path) -> None:
    """What the example permits is enough: nothing that hubs and bots do in a plan is refused."""
    async with twins(tmp_path) as pair:
        async with dialled(await pair.a.new("acme-hq"), pair.a.url):
            await pair.until_known("acme-hq", by=pair.b)
            assert [item.failure for item in await pair.run("acme-hq")] == [None] * len(PLAN.steps)
            assert len(await pair.bot.relays()) == 1
        await pair.a.until(lambda: pair.b.hub.others.place("acme-hq") is None)
        assert "Violation" not in pair.server.log()


@pytest.mark.parametrize(("text", "other"), [("192.0.2.1", "192.0.2.9"), ('"budget":6', '"budget":9')])
async def test_hub_that_changes_a_plan(tmp_path: Path, text: str, other: str) -> None:
    """The relay refuses it, with its signature, and the bot says so. The hub has no key to sign another plan with."""
    async with twins(tmp_path) as pair:
        honest = pair.a.hub.run

        def forge(job: HubJob) -> object:
            envelope = json.loads(job.envelope)
            changed = envelope["body"].replace(text, other)
            assert changed != envelope["body"]
            return honest(replace(job, envelope=json.dumps(envelope | {"body": changed})))

        pair.a.hub.run = forge  # type: ignore[method-assign,assignment]  # the hub is in somebody else's hands
        async with dialled(await pair.a.new("acme-hq"), pair.a.url) as relay:
            await pair.until_known("acme-hq", by=pair.b)
            reasons = {item.facts["because"] for item in await pair.run("acme-hq")}
            assert relay.orders == []
        assert reasons == {"acme-hq refuses: the order's signature is not valid"}


async def test_doctor_without_nats() -> None:
    """It says which server does not answer, or that no hub does, and what to do."""
    step = "Check the server that LINEMAN_NATS names, or start a hub: lineman hub"
    with nats_server() as server:
        where = {"LINEMAN_NATS": server.url("bot-a"), "LINEMAN_NATS_NAME": "bot-a"}
        address = f"127.0.0.1:{server.port}"
        assert await check_hub(where) == (
            "problem",
            f"No hub answers over NATS at {address}: no hub listens.",
            step,
        )
        server.stop()
        found = f"No hub answers over NATS at {address}: NATS does not answer at {address}."
        assert await check_hub(where) == ("problem", found, step)


@pytest.mark.parametrize("password", ["wrong", "p%40ss"])
async def test_wrong_password(password: str) -> None:
    """The reason names the server, and neither the password that was tried nor the right one."""
    with nats_server() as server:
        settings = nats_settings(server, "bot-a", LINEMAN_NATS=server.url("bot-a", password=password))
        trouble = await trouble_of(NatsConnection(settings))
        assert trouble == f"NATS at 127.0.0.1:{server.port} does not accept the user or its password"
        assert "p@ss" not in repr(settings) + str(settings)


async def test_hub_without_rights(tmp_path: Path) -> None:
    """A hub that signs in as a bot says that it is not permitted, and serves its own relays."""
    with nats_server() as server:
        settings = nats_settings(server, "hub-a", LINEMAN_NATS=server.url("bot-b"))
        async with house(tmp_path) as home, shared(home.hub, settings) as connection:
            await home.until(lambda: "did not permit: nats: permissions violation" in connection.trouble)
            async with dialled(await home.new("acme-hq"), home.url):
                assert len(await home.run("acme-hq")) == len(PLAN.steps)


async def test_two_hubs_of_one_name(tmp_path: Path) -> None:
    """The second one says which setting to change, and does not take the first one's plans."""
    async with twins(tmp_path) as pair:
        settings = nats_settings(pair.server, "hub-a")
        async with house(tmp_path, pair.a.signer) as third, shared(third.hub, settings) as connection:
            with pytest.raises(
                NatsUnavailableError, match="another hub has the name hub-a; set LINEMAN_NATS_NAME"
            ):
                await connection.ready()


def test_tls(tmp_path: Path) -> None:
    """An encrypted connection trusts the named authority only."""
    root, other = make_authority("NATS Root"), make_authority("Other Root")
    made = make_server(root, "127.0.0.1")
    for name, text in (("server.pem", made.pem), ("root.pem", root.pem), ("other.pem", other.pem)):
        (tmp_path / name).write_text(text)
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "server.key").write_bytes(key)
    tls = f"tls {{ cert_file: {tmp_path}/server.pem, key_file: {tmp_path}/server.key }}\n"
    with nats_server(OPEN + tls) as server:
        url = server.url(scheme="tls")
        for name, expected in (
            ("root.pem", ""),
            ("other.pem", "the certificate of NATS at"),
            ("none", "cannot be"),
        ):
            settings = nats_settings(server, "bot", LINEMAN_NATS=url, LINEMAN_NATS_CA=str(tmp_path / name))
            trouble = asyncio.run(trouble_of(NatsConnection(settings)))
            assert trouble == expected or (expected and expected in trouble)


async def test_no_password_without_encryption(tmp_path: Path) -> None:
    """If TLS is asked for and the server offers none, the password is not sent."""
    received = bytearray()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.9.0","headers":true,"auth_required":true}\r\n')
        received.extend(await reader.read())
        writer.close()

    fake = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = fake.sockets[0].getsockname()[1]
    async with fake:
        with nats_server(OPEN) as server:
            address = f"tls://bot:secret@127.0.0.1:{port}"
            settings = nats_settings(server, "bot", LINEMAN_NATS=address)
            assert await trouble_of(NatsConnection(settings)) == f"NATS at 127.0.0.1:{port} offers no TLS"
            settings = nats_settings(server, "bot", LINEMAN_NATS=server.url(scheme="tls"))
            assert await trouble_of(NatsConnection(settings)) == f"NATS at {settings} offers no TLS"
    assert b"secret" not in received


def nkey(kind: int, raw: bytes, seed: bool = False) -> str:
    """Write a key as NATS does: base32 of its prefix, the key, and a checksum."""
    head = bytes([0x90 | kind >> 5, (kind & 31) << 3]) if seed else bytes([kind])
    return (
        base64.b32encode(head + raw + binascii.crc_hqx(head + raw, 0).to_bytes(2, "little"))
        .decode()
        .rstrip("=")
    )


OPERATOR, ACCOUNT, USER = 14 << 3, 0, 20 << 3


def jwt(issuer: Ed25519PrivateKey, issuer_kind: int, subject: str, name: str, **claims: object) -> str:
    """Sign the claims as `nsc` does."""
    issued = {"iss": nkey(issuer_kind, issuer.public_key().public_bytes_raw()), "sub": subject, "name": name}
    body = issued | {"jti": name, "iat": 1_790_000_000, "nats": {"version": 2} | claims}
    parts = [_text({"typ": "JWT", "alg": "ed25519-nkey"}), _text(body)]
    parts.append(base64.urlsafe_b64encode(issuer.sign(".".join(parts).encode())).decode().rstrip("="))
    return ".".join(parts)


def _text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_credentials_file(tmp_path: Path) -> None:
    """The file of a user of an operator's server is enough. A file of somebody else, or something else, is not."""
    operator, account, user = (Ed25519PrivateKey.generate() for _ in range(3))
    of_account = nkey(ACCOUNT, account.public_key().public_bytes_raw())
    whole = jwt(
        operator, OPERATOR, nkey(OPERATOR, operator.public_key().public_bytes_raw()), "op", type="operator"
    )
    limits = {"subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1}
    token = jwt(operator, OPERATOR, of_account, "lineman", type="account", limits=limits)
    of_user = nkey(USER, user.public_key().public_bytes_raw())
    claims = {"type": "user", "subs": -1, "data": -1, "payload": -1}

    def write(signer: Ed25519PrivateKey) -> str:
        text = jwt(signer, ACCOUNT, of_user, "bot", **claims)
        seed = nkey(USER, user.private_bytes_raw(), seed=True)
        path = tmp_path / "bot.creds"
        path.write_text(
            f"-----BEGIN NATS USER JWT-----\n{text}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
        return str(path)

    config = (
        f"port: 4222\noperator: {whole}\nresolver: MEMORY\nresolver_preload: {{ {of_account}: {token} }}\n"
    )
    with nats_server(config) as server:

        async def trouble() -> str:
            more = {"LINEMAN_NATS": server.url(), "LINEMAN_NATS_CREDENTIALS": str(tmp_path / "bot.creds")}
            return await trouble_of(NatsConnection(nats_settings(server, "bot", **more)))

        write(account)
        assert await trouble() == "", server.log()
        write(Ed25519PrivateKey.generate())
        assert await trouble() == f"NATS at 127.0.0.1:{server.port} does not accept the user or its password"
        (tmp_path / "bot.creds").write_text("something else")
        assert await trouble() == "the file that LINEMAN_NATS_CREDENTIALS names contains no NATS credentials"


def test_example_has_no_password() -> None:
    """The example has a placeholder for each password, which nobody could take for one."""
    assert set(re.findall(r'password: "([^"]*)"', EXAMPLE.read_text())) == {
        "$HUB_A",
        "$HUB_B",
        "$BOT_A",
        "$BOT_B",
    }
