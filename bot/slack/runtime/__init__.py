"""Concurrency helpers that do not depend on Slack."""
