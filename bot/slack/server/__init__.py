"""Start, serve, and stop the Slack app."""
