"""Slack's Web API, Socket Mode, OAuth, and rate limits."""
