"""The Slack app: server, listeners, conversations, runs, delivery, state, and Slack's API."""
