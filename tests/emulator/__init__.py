"""Tests against a Slack that nobody here wrote: `emulate` of the npm registry."""
