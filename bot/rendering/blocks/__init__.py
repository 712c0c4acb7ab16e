"""Slack Block Kit messages; every message stays within Slack's limits."""
