"""Firewall allow-lists in every format."""
