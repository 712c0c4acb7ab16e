"""Parsers shared by the readers."""
