"""Store cases, runs, and relays in an SQLite database."""
