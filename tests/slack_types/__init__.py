"""Everything that Lineman sends, checked against the types that Slack itself publishes."""
