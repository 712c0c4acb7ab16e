"""Replies as JSON."""
