"""Listeners: one module per Slack surface (command, mention, message, button, modal, and so on)."""
