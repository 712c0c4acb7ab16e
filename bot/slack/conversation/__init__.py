"""Conversations in threads and direct messages."""
