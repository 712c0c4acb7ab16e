"""Lineman in Slack: one file for each way in, and what they all need to start, show and stop a diagnosis."""
