"""The relay's own process: identity, connection to the hub, accepted plans."""
