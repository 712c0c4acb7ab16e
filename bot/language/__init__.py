"""Interpret messages and answer questions."""
