"""Bots, hubs, relays, PostgreSQL, and NATS on several machines: everything that can fail there fails once."""
