"""Relays, local and behind the hub."""
