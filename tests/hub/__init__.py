"""Tests of the hub, with relays that dial in for real."""
