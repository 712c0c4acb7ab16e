"""Inbox and outbox: nothing is lost, nothing is sent twice."""
