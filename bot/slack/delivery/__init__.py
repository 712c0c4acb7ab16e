"""Inbox and outbox: events and messages survive a crash, and no message is sent twice."""
