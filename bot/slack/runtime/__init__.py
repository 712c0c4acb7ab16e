"""Concurrency helpers that know nothing of Slack."""
