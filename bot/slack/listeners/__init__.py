"""One listener per way into the Slack app."""
