"""Where the database is: a file or a server, and a password that never leaves the address."""

from pathlib import Path

import pytest

from bot.cli.main import main
from bot.errors import UsageError
from bot.relays.hub.paths import beside_database, database_of
from bot.storage.address import PostgresAddress, parse_database

PASSWORD = "hunter2"
WITH_PASSWORD = (
    "postgresql://lineman:hunter2@db.example:5433/lineman?sslmode=verify-full&sslpassword=pass%2Fphrase"
)


@pytest.mark.parametrize("text", ["lineman.db", "/var/lib/lineman/lineman.db", "a:b.db", "odd//name.db"])
def test_file(text: str) -> None:
    """What is no address is a file."""
    assert parse_database(text) == Path(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (WITH_PASSWORD, "postgresql://lineman@db.example:5433/lineman"),
        ("postgres://db.example/lineman", "postgresql://db.example/lineman"),
        ("postgresql:///lineman?host=/run/postgresql", "postgresql:///lineman"),
        ("postgresql://u:p%40%2F@[2001:db8::1]:5432/x", "postgresql://u@[2001:db8::1]:5432/x"),
        ("postgresql://u@one.example:5432,two.example/x", "postgresql://u@one.example:5432,two.example/x"),
    ],
)
def test_server(text: str, label: str) -> None:
    """The address is shown without its password and options."""
    address = parse_database(text)
    assert isinstance(address, PostgresAddress)
    assert (address.url, str(address)) == (text, label)
    assert PASSWORD not in repr(address)


def test_secrets_are_taken_out_of_errors() -> None:
    """A message that repeats the password, as written or decoded, loses it."""
    address = parse_database(WITH_PASSWORD)
    assert isinstance(address, PostgresAddress)
    assert address.without_secrets("hunter2, pass%2Fphrase, pass/phrase, lineman") == "***, ***, ***, lineman"


@pytest.mark.parametrize(
    "text",
    [
        "mysql://u:hunter2@db.example/x",
        "redis://db.example",
        "sqlite:///lineman.db",
        "postgresql://u:hun@ter2@db.example/x",
        "postgresql://u:hun/ter2@db.example/x",
        "postgresql://u:12/hunter2@db.example/x",
        "postgresql://u:hun#ter2@db.example/x",
        "postgresql://u:12?hunter2@db.example/x",
        "postgresql://u:hun%ter2@db.example/x",
        "postgresql://u:hun ter2@db.example/x",
    ],
)
def test_other_addresses_are_refused(text: str, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Another database, or a password with characters that must be escaped, gets one sentence without the value."""
    with pytest.raises(UsageError) as refused:
        database_of({"LINEMAN_DATABASE": text})
    assert str(refused.value).startswith("LINEMAN_DATABASE must be a file for SQLite, or an address such as")
    assert "ter2" not in str(refused.value)
    monkeypatch.setenv("LINEMAN_DATABASE", text)
    for command in (["history"], ["relays", "list"], ["backup", "x"], ["labels"]):
        assert main(command) == 2
        output = capsys.readouterr()
        assert "must be a file for SQLite" in output.err
        assert "ter2" not in output.out + output.err


def test_other_files_stay_in_the_folder() -> None:
    """The key and the socket are next to the database's file, and with PostgreSQL where that file would be."""
    assert beside_database({"LINEMAN_DATABASE": "/srv/lineman.db"}, "a.key") == Path("/srv/a.key")
    environment = {"LINEMAN_DATABASE": WITH_PASSWORD, "LINEMAN_HOME": "/srv/home"}
    assert beside_database(environment, "a.key") == Path("/srv/home/a.key")
