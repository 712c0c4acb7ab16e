"""One diagnosis as Slack messages: every limit of Slack kept by construction, whatever the content."""
