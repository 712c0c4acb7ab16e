"""Render replies as JSON."""
