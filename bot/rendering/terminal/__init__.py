"""Replies for a terminal."""
