"""Diagnose from a terminal or Slack: understand the request, run checks, and render the result."""
