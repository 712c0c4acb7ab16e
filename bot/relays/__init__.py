"""Relays: the local one, and those behind the hub."""
