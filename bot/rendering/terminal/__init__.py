"""Render replies for a terminal."""
