"""Define the database schema, as numbered steps from an empty file.

A released step is never edited. A later step changes the schema.
"""

from typing import Final

from sqlite_utils import Database, Migrations

STEPS: Final = Migrations("lineman")


@STEPS()
def m001_cases_and_runs(db: Database) -> None:
    """Cases (one Slack thread each), their runs, and the results of each run."""
    db.table("cases").create(
        {
            "id": str,
            "team": str,
            "channel": str,
            "thread_ts": str,
            "message_ts": str,
            "user": str,
            "request": str,
            "locale": str,
            "created": float,
        },
        pk="id",
        not_null={"team", "channel", "thread_ts", "message_ts", "user", "request", "locale", "created"},
    )
    db.execute("CREATE UNIQUE INDEX case_of_thread ON cases(team, channel, thread_ts) WHERE thread_ts != ''")
    db.table("cases").create_index(["team", "user", "created"])
    db.table("runs").create(
        {
            "id": str,
            "case_id": str,
            "relay": str,
            "vantage": str,
            "request": str,
            "knowledge": str,
            "network": str,
            "started": float,
            "status": str,
            "ended": float,
            "outcome": str,
            "summary": str,
        },
        pk="id",
        not_null={"case_id", "relay", "vantage", "request", "knowledge", "network", "started", "status"},
    )
    db.execute("CREATE INDEX runs_of_case ON runs(case_id, started)")
    db.execute("CREATE INDEX unfinished_runs ON runs(started) WHERE status = 'running'")
    db.execute(
        "CREATE TABLE observations (run TEXT NOT NULL, step TEXT NOT NULL, value TEXT NOT NULL, "
        "PRIMARY KEY (run, step))"
    )


@STEPS()
def m002_feedback(db: Database) -> None:
    """Feedback on a verdict; its text is deleted after a while, the verdict stays for the weights."""
    db.execute(
        "CREATE TABLE feedback (id INTEGER PRIMARY KEY, run TEXT NOT NULL, cause TEXT NOT NULL, "
        "verdict TEXT NOT NULL, by TEXT NOT NULL, words TEXT NOT NULL, said REAL NOT NULL, "
        "UNIQUE (run, cause, by))"
    )


@STEPS()
def m003_events_and_posts(db: Database) -> None:
    """What Slack has delivered already, and what Slack is still owed."""
    db.execute(
        "CREATE TABLE events (team TEXT NOT NULL, event TEXT NOT NULL, seen REAL NOT NULL, "
        "PRIMARY KEY (team, event)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX events_seen ON events(seen)")
    db.execute(
        "CREATE TABLE posts (key TEXT PRIMARY KEY, run TEXT NOT NULL, team TEXT NOT NULL, "
        "channel TEXT NOT NULL, thread_ts TEXT NOT NULL, message_ts TEXT NOT NULL, payload TEXT NOT NULL, "
        "version INTEGER NOT NULL, sent INTEGER NOT NULL, created REAL NOT NULL) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX posts_due ON posts(created) WHERE sent < version")


@STEPS()
def m004_inbox(db: Database) -> None:
    """Requests that were acknowledged, until each has become a run or an answer."""
    db.execute(
        "CREATE TABLE inbox (team TEXT NOT NULL, event TEXT NOT NULL, asker TEXT NOT NULL, text TEXT NOT NULL, "
        "received REAL NOT NULL, PRIMARY KEY (team, event)) WITHOUT ROWID"
    )


@STEPS()
def m005_relays(db: Database) -> None:
    """Relays by their public keys, invitations by the hashes of their tokens, and what every plan came to."""
    db.execute(
        "CREATE TABLE relays (name TEXT PRIMARY KEY, key TEXT UNIQUE, sealing TEXT NOT NULL, labels TEXT NOT NULL, "
        "channels TEXT NOT NULL, vantage TEXT NOT NULL, invited REAL NOT NULL, enrolled REAL, revoked REAL, "
        "seen REAL, gone TEXT NOT NULL, state TEXT NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE invitations (token TEXT PRIMARY KEY, relay TEXT NOT NULL, expires REAL NOT NULL, used REAL) "
        "WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, plan TEXT NOT NULL, at REAL NOT NULL, relay TEXT NOT NULL, "
        "who TEXT NOT NULL, what TEXT NOT NULL, outcome TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX audit_at ON audit(at)")
    db.execute("CREATE UNIQUE INDEX audit_plan ON audit(plan)")


@STEPS()
def m006_ways_in(db: Database) -> None:
    """Store requests from every surface, not only commands: the surface, the text, and the turn."""
    db.execute("ALTER TABLE inbox RENAME TO commands")
    db.execute(
        "CREATE TABLE inbox (team TEXT NOT NULL, event TEXT NOT NULL, way TEXT NOT NULL, asker TEXT NOT NULL, "
        "said TEXT NOT NULL, turn TEXT NOT NULL, stamp TEXT NOT NULL, received REAL NOT NULL, "
        "tries INTEGER NOT NULL, PRIMARY KEY (team, event)) WITHOUT ROWID"
    )
    db.execute(
        "INSERT INTO inbox SELECT team, event, 'command', asker, json_object('text', text), '', '', received, 0 "
        "FROM commands"
    )
    db.execute("DROP TABLE commands")
    db.execute("CREATE INDEX inbox_turns ON inbox(team, turn) WHERE turn != ''")


@STEPS()
def m007_several_relays(db: Database) -> None:
    """A run may use several relays: store the vantage of each, and the relay of each observation."""
    db.execute("ALTER TABLE runs ADD COLUMN vantages TEXT NOT NULL DEFAULT '{}'")
    db.execute("UPDATE runs SET vantages = json_object(relay, vantage)")
    db.execute("ALTER TABLE observations RENAME TO observations_of_one")
    db.execute(
        "CREATE TABLE observations (run TEXT NOT NULL, relay TEXT NOT NULL, step TEXT NOT NULL, value TEXT NOT NULL, "
        "PRIMARY KEY (run, relay, step))"
    )
    db.execute(
        "INSERT INTO observations SELECT old.run, runs.relay, old.step, old.value "
        "FROM observations_of_one AS old JOIN runs ON runs.id = old.run ORDER BY old.rowid"
    )
    db.execute("DROP TABLE observations_of_one")
    for column in ("relay", "vantage"):
        db.execute(f"ALTER TABLE runs DROP COLUMN {column}")


@STEPS()
def m008_readings(db: Database) -> None:
    """Descriptions without a code, how they were read, and what the user chose: for tuning."""
    db.execute(
        "CREATE TABLE readings (id TEXT PRIMARY KEY, team TEXT NOT NULL, story TEXT NOT NULL, read TEXT NOT NULL, "
        "chosen TEXT NOT NULL, case_id TEXT NOT NULL, knowledge TEXT NOT NULL, asked REAL NOT NULL) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX readings_of_case ON readings(case_id)")
    db.execute("CREATE INDEX readings_asked ON readings(asked)")
