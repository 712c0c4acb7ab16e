"""Tests of the hub, with relays that connect to it."""
